// Two models in turn: what is asked next, and how long each direction's first tokens took. A time counts only
// if the other model has answered just before. Pure; cli/ asks and hands in what came.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "measure/sample.h"

namespace signalbox::measure {

struct Direction {
  std::string from;
  std::string to;
  std::vector<Duration> first_tokens{};  // in the order in which they were measured
  std::size_t failed = 0;
  std::string first_trouble{};
};

class SwitchRun {
 public:
  // `runs` of each direction, at least one.
  SwitchRun(std::array<std::string, 2> models, std::size_t runs);

  // None once everything is measured, or the server has failed kFailuresInARowMax times in a row. Each one is
  // answered with `take` before the next.
  [[nodiscard]] std::optional<Ask> next() const;
  void take(const Sample& sample);

  // Whether what `next` asks is measured, and not only there to make the other model run before.
  [[nodiscard]] bool is_measured() const;
  [[nodiscard]] std::size_t done() const { return done_; }
  [[nodiscard]] std::size_t size() const { return 2 * runs_; }
  // To the first of the models, and to the second. Of the measured ones that are over.
  [[nodiscard]] const std::array<Direction, 2>& directions() const { return directions_; }
  // Of the direction that `next` asks for.
  [[nodiscard]] const Direction& current() const { return directions_[done_ % 2]; }
  // Of requests before the first that counts too.
  [[nodiscard]] const std::string& last_trouble() const { return last_trouble_; }
  [[nodiscard]] bool has_given_up() const { return failures_in_a_row_ >= kFailuresInARowMax; }

 private:
  [[nodiscard]] std::size_t asked_model() const;
  void fail_current(const std::string& trouble);

  std::array<std::string, 2> models_;
  std::array<Direction, 2> directions_;
  std::size_t runs_;
  std::size_t warmed_ = 0;  // models that were asked once beforehand
  std::size_t done_ = 0;
  std::optional<std::size_t> last_answered_;  // none: nobody knows which model runs
  std::size_t failures_in_a_row_ = 0;
  std::string last_trouble_;
};

}  // namespace signalbox::measure
