// The settings that the published figures are about, what they come to, and a table of them in a test's
// output. Tests only.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "simulate/summary.h"

namespace signalbox::simulate {

inline constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

// Whether the scheduler starts with what everything costs, or learns it on the way.
enum class Costs { learned, given };

struct Case {
  ModelSettings each;
  PolicyName policy = PolicyName::signalbox;
  Lengths lengths = Lengths::unknown;
  Costs costs = Costs::learned;
  std::uint32_t min_visit_thousandths = 1000;
  Duration starvation_limit = std::chrono::seconds(15);  // 0: off
  sched::NextModel next_model = sched::NextModel::cost;
};

// Fails the test if the run does not come to its end.
[[nodiscard]] Summary figures_of(const Workload& workload, const Case& wanted);

[[nodiscard]] double seconds(Duration duration);
// One line: the words, mean, P99, share rejected, switches, share of the time spent switching.
void print_line(std::string_view words, const Summary& summary);

}  // namespace signalbox::simulate
