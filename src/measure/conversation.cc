#include "measure/conversation.h"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

#include <fmt/format.h>

namespace signalbox::measure {
namespace {

// Each one token for most models.
constexpr std::array<std::string_view, 48> kWords = {
    "the",   "house", "river",  "green", "small",  "water",  "garden", "stone", "walks",   "light",
    "under", "table", "city",   "early", "bread",  "paper",  "music",  "night", "window",  "road",
    "train", "slow",  "field",  "horse", "old",    "red",    "salt",   "wind",  "morning", "door",
    "tree",  "glass", "winter", "long",  "bird",   "letter", "book",   "blue",  "quiet",   "sea",
    "hill",  "fire",  "sand",   "cloud", "street", "iron",   "apple",  "bridge"};
constexpr std::size_t kSentenceWords = 12;
constexpr std::uint32_t kOpeningTokens = 24;
constexpr std::uint32_t kPreparingTokens = 1;
constexpr std::uint32_t kTurnTokens = 32;
// Of a prompt, for what the model's template puts around a message.
constexpr std::uint64_t kTemplateTokens = 25;

std::string question_of(std::size_t turn) {
  return fmt::format("Question {}: which word of the notes do you like best? Answer in one sentence.",
                     turn + 1);
}

}  // namespace

std::string made_up_notes(std::size_t number, std::size_t words) {
  std::mt19937_64 random(number);
  std::string text = fmt::format("Notes {}.", number + 1);
  for (std::size_t i = 0; i < words; ++i) {
    text += ' ';
    text += kWords[random() % kWords.size()];
    if (i % kSentenceWords == kSentenceWords - 1) text += '.';
  }
  return text;
}

std::size_t words_for(std::uint64_t tokens, std::size_t words, std::uint64_t prompt_tokens) {
  const auto less = [](std::uint64_t all) { return all > kTemplateTokens ? all - kTemplateTokens : 1; };
  return std::max<std::size_t>(less(tokens) * words / less(prompt_tokens), 1);
}

Conversation::Conversation(std::string model, std::size_t number, std::size_t words)
    : model_(std::move(model)),
      said_{{.role = "user",
             .content =
                 made_up_notes(number, words) + "\n\nWhat are these notes about? Answer in one sentence."}} {}

Ask Conversation::with(std::string question, std::uint32_t tokens_max) const {
  Ask ask{.model = model_, .messages = said_, .tokens_max = tokens_max};
  ask.messages.push_back({.role = "user", .content = std::move(question)});
  return ask;
}

Ask Conversation::opening() const {
  return {.model = model_, .messages = said_, .tokens_max = kOpeningTokens};
}

Ask Conversation::preparing(std::size_t turn) const {
  return with(fmt::format("Wait for question {}.", turn + 1), kPreparingTokens);
}

Ask Conversation::asking(std::size_t turn) const {
  return with(question_of(turn), kTurnTokens);
}

void Conversation::take_opening(const std::string& answer) {
  said_.push_back({.role = "assistant", .content = answer});
}

void Conversation::take_turn(std::size_t turn, const std::string& answer) {
  said_.push_back({.role = "user", .content = question_of(turn)});
  said_.push_back({.role = "assistant", .content = answer});
}

}  // namespace signalbox::measure
