// Durations times factors without floating point: what decides must be the same on every machine.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace signalbox::sched {

// For products that decide: sums of ages times costs.
__extension__ using Wide = __int128;

// `duration` x `thousandths` / 1000, rounded down, in two parts: the product of a long duration and a large
// factor would overflow.
[[nodiscard]] constexpr Duration scaled(Duration duration, std::uint32_t thousandths) {
  const auto whole = duration.count() / 1000 * thousandths;
  const auto rest = duration.count() % 1000 * thousandths / 1000;
  return Duration(whole + rest);
}

// `count` x `each` / `shared_by`, rounded down. Precondition: shared_by >= 1.
[[nodiscard]] constexpr Duration shared(std::uint64_t count, Duration each, std::uint32_t shared_by) {
  return Duration(static_cast<std::int64_t>(static_cast<Wide>(count) * each.count() / shared_by));
}

}  // namespace signalbox::sched
