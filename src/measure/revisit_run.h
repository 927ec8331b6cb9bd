// Conversations with one model that another model interrupts: what is asked next, and what the next turn then
// takes, beside the same turn when nothing ran in between. Pure; cli/ asks and hands in what came.
//
// A round of a turn, for each conversation: a question that leads nowhere (so that all but the turn is
// computed), the turn itself (warm), and the question again; then, for each one: the other model, and the
// same turn (after).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "measure/conversation.h"
#include "measure/sample.h"

namespace signalbox::measure {

struct RevisitPlan {
  std::string model;
  std::string between;
  std::uint64_t tokens = 3400;  // of each conversation before its first turn, about
  std::size_t turns = 1;
  std::size_t conversations = 1;
};

struct RevisitTurn {
  std::size_t conversation = 0;
  std::size_t turn = 0;
  std::optional<Sample> warm{};  // none: not whole, or nobody could ask for it
  std::optional<Sample> after{};
  std::string trouble{};  // why

  [[nodiscard]] bool is_whole() const { return warm && after; }
  // Precondition: is_whole().
  [[nodiscard]] bool has_same_answer() const { return warm->text == after->text; }
};

enum class RevisitStep { measure_length, open, prepare, warm, between, after };

class RevisitRun {
 public:
  explicit RevisitRun(RevisitPlan plan);

  // None once everything is asked, or the server has failed kFailuresInARowMax times in a row. Each one is
  // answered with `take` before the next.
  [[nodiscard]] std::optional<Ask> next() const;
  void take(Sample sample);

  // Of what `next` asks.
  [[nodiscard]] RevisitStep step() const { return steps_[at_].kind; }
  [[nodiscard]] std::size_t conversation() const { return steps_[at_].conversation; }
  [[nodiscard]] std::size_t turn() const { return steps_[at_].turn; }

  [[nodiscard]] std::size_t done() const { return at_; }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  // Those of which at least one request is over, in the order of turns and then of conversations.
  [[nodiscard]] std::vector<RevisitTurn> turns() const;
  [[nodiscard]] const RevisitPlan& plan() const { return plan_; }
  [[nodiscard]] const std::string& last_trouble() const { return last_trouble_; }
  [[nodiscard]] bool has_given_up() const { return failures_in_a_row_ >= kFailuresInARowMax; }
  // Whether the server counts a prompt's tokens; without that the length is a guess.
  [[nodiscard]] bool is_length_known() const { return is_length_known_; }

 private:
  struct Step {
    RevisitStep kind = RevisitStep::open;
    std::size_t conversation = 0;
    std::size_t turn = 0;
  };

  void take_length(const Sample& sample);
  void take_whole(Sample sample);
  void take_trouble(const std::string& trouble);
  void skip_what_is_lost();
  [[nodiscard]] RevisitTurn& record() { return turns_[turn() * plan_.conversations + conversation()]; }

  RevisitPlan plan_;
  std::vector<Step> steps_;
  std::size_t at_ = 0;
  std::vector<Conversation> conversations_;
  std::vector<bool> is_lost_;  // conversations that did not even begin
  std::vector<RevisitTurn> turns_;
  std::size_t failures_in_a_row_ = 0;
  std::string last_trouble_;
  bool is_length_known_ = false;
};

}  // namespace signalbox::measure
