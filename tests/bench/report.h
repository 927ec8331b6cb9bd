// Figures as docs/benchmarks.md shows them: one table a topic, each figure beside its aim where it has one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace signalbox::bench {

enum class Aim { none, at_most, at_least };

class Report {
 public:
  // Starts a table; `what` says in a sentence or two how its figures came about.
  void topic(std::string_view title, std::string_view what);
  void figure(std::string_view name, double value, std::string_view unit, Aim aim = Aim::none,
              double bound = 0);
  [[nodiscard]] bool all_aims_met() const { return missed_.empty(); }
  [[nodiscard]] const std::vector<std::string>& missed() const { return missed_; }

 private:
  std::vector<std::string> missed_;
};

// Of values in any order; 0 of none.
[[nodiscard]] double percentile(std::vector<double> values, double part);
[[nodiscard]] double us_between(TimePoint from, TimePoint to);

}  // namespace signalbox::bench
