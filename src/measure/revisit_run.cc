#include "measure/revisit_run.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace signalbox::measure {
namespace {

constexpr std::size_t kSampleWords = 200;
// Of a text of kSampleWords, with what stands around it, where the server does not count.
constexpr std::uint64_t kSampleTokensGuess = 260;
constexpr std::uint32_t kBetweenTokens = 8;

}  // namespace

RevisitRun::RevisitRun(RevisitPlan plan) : plan_(std::move(plan)), is_lost_(plan_.conversations) {
  SB_ASSERT(plan_.turns > 0 && plan_.conversations > 0);
  steps_.push_back({.kind = RevisitStep::measure_length});
  for (std::size_t i = 0; i < plan_.conversations; ++i) {
    steps_.push_back({.kind = RevisitStep::open, .conversation = i});
  }
  const auto add = [&](std::size_t turn, std::initializer_list<RevisitStep> kinds) {
    for (std::size_t i = 0; i < plan_.conversations; ++i) {
      for (const auto kind : kinds) steps_.push_back({.kind = kind, .conversation = i, .turn = turn});
    }
  };
  for (std::size_t turn = 0; turn < plan_.turns; ++turn) {
    add(turn, {RevisitStep::prepare, RevisitStep::warm, RevisitStep::prepare});
    add(turn, {RevisitStep::between, RevisitStep::after});
    for (std::size_t i = 0; i < plan_.conversations; ++i) turns_.push_back({.conversation = i, .turn = turn});
  }
}

std::optional<Ask> RevisitRun::next() const {
  if (at_ == steps_.size() || has_given_up()) return std::nullopt;
  const auto small = [](std::string model, std::string words, std::uint32_t tokens_max) {
    return Ask{.model = std::move(model),
               .messages = {{.role = "user", .content = std::move(words)}},
               .tokens_max = tokens_max};
  };
  switch (step()) {
    case RevisitStep::measure_length:
      // Its number is that of no conversation.
      return small(plan_.model, made_up_notes(plan_.conversations, kSampleWords), 1);
    case RevisitStep::open:
      return conversations_[conversation()].opening();
    case RevisitStep::prepare:
      return conversations_[conversation()].preparing(turn());
    case RevisitStep::between:
      return small(plan_.between, "Say hello.", kBetweenTokens);
    case RevisitStep::warm:
    case RevisitStep::after:
      return conversations_[conversation()].asking(turn());
  }
  return std::nullopt;
}

void RevisitRun::take(Sample sample) {
  const bool is_right = sample.ending == Ending::whole && sample.first_token;
  // What only prepares may well be answered without a word.
  const bool is_enough =
      is_right || (sample.ending == Ending::empty &&
                   (step() == RevisitStep::prepare || step() == RevisitStep::measure_length));
  failures_in_a_row_ = is_enough ? 0 : failures_in_a_row_ + 1;
  if (step() == RevisitStep::measure_length) take_length(sample);
  if (is_enough) {
    take_whole(std::move(sample));
  } else {
    take_trouble(sample.trouble);
  }
  ++at_;
  skip_what_is_lost();
}

void RevisitRun::take_length(const Sample& sample) {
  is_length_known_ = sample.prompt_tokens.has_value();
  const auto words = words_for(plan_.tokens, kSampleWords, sample.prompt_tokens.value_or(kSampleTokensGuess));
  for (std::size_t i = 0; i < plan_.conversations; ++i) conversations_.emplace_back(plan_.model, i, words);
}

void RevisitRun::take_whole(Sample sample) {
  switch (step()) {
    case RevisitStep::open:
      conversations_[conversation()].take_opening(sample.text);
      break;
    case RevisitStep::warm:
      record().warm = std::move(sample);
      break;
    case RevisitStep::after:
      conversations_[conversation()].take_turn(turn(), sample.text);
      record().after = std::move(sample);
      break;
    case RevisitStep::measure_length:
    case RevisitStep::prepare:
    case RevisitStep::between:
      break;
  }
}

void RevisitRun::take_trouble(const std::string& trouble) {
  last_trouble_ = trouble;
  if (step() == RevisitStep::measure_length) return;
  if (step() == RevisitStep::open) is_lost_[conversation()] = true;
  for (auto& turn : turns_) {
    const bool is_met =
        turn.conversation == conversation() && (turn.turn == steps_[at_].turn || is_lost_[conversation()]);
    if (is_met && turn.trouble.empty()) turn.trouble = trouble;
  }
}

// A turn in which anything went wrong is over: what would come of the rest of it means nothing.
void RevisitRun::skip_what_is_lost() {
  while (at_ < steps_.size() && steps_[at_].kind != RevisitStep::open && !record().trouble.empty()) ++at_;
}

std::vector<RevisitTurn> RevisitRun::turns() const {
  std::vector<RevisitTurn> begun;
  std::ranges::copy_if(turns_, std::back_inserter(begun), [](const RevisitTurn& turn) {
    return turn.warm || turn.after || !turn.trouble.empty();
  });
  return begun;
}

}  // namespace signalbox::measure
