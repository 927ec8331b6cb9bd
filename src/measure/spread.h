// What many durations come to: the middle and the edges. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/time.h"

namespace signalbox::measure {

// All zero if there are none. Between two values the quantile lies in proportion, as spreadsheets and numpy
// have it, cut to a microsecond.
struct Spread {
  std::size_t count = 0;
  Duration min{0};
  Duration p10{0};
  Duration median{0};
  Duration p90{0};
  Duration p95{0};
  Duration p99{0};
  Duration max{0};

  friend bool operator==(const Spread&, const Spread&) = default;
};

[[nodiscard]] Spread spread_of(std::vector<Duration> durations);

}  // namespace signalbox::measure
