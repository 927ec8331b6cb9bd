// Texts of a wanted length that no cache has seen before, and the conversation that grows from one: what a
// user pastes and asks about, turn after turn. Pure; the same numbers give the same words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/sample.h"

namespace signalbox::measure {

// So many common words in sentences. Two texts of different numbers differ from their first words on.
[[nodiscard]] std::string made_up_notes(std::size_t number, std::size_t words);
// How many words come to that many tokens, where `prompt_tokens` were counted for a message of `words` words.
// At least one.
[[nodiscard]] std::size_t words_for(std::uint64_t tokens, std::size_t words, std::uint64_t prompt_tokens);

class Conversation {
 public:
  Conversation(std::string model, std::size_t number, std::size_t words);

  // The pasted text, which nobody has answered yet.
  [[nodiscard]] Ask opening() const;
  // What has been said and a question that leads nowhere, so that the server has all of it computed but for
  // the next turn.
  [[nodiscard]] Ask preparing(std::size_t turn) const;
  [[nodiscard]] Ask asking(std::size_t turn) const;

  // What the opening, and then each turn, was answered.
  void take_opening(const std::string& answer);
  void take_turn(std::size_t turn, const std::string& answer);

 private:
  [[nodiscard]] Ask with(std::string question, std::uint32_t tokens_max) const;

  std::string model_;
  std::vector<Message> said_;
};

}  // namespace signalbox::measure
