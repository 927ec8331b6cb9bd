// Durations times factors without floating point: what decides must be the same on every machine.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace signalbox::sched {

// `duration` x `thousandths` / 1000, rounded down, in two parts: the product of a long duration and a large
// factor would overflow.
[[nodiscard]] constexpr Duration scaled(Duration duration, std::uint32_t thousandths) {
  const auto whole = duration.count() / 1000 * thousandths;
  const auto rest = duration.count() % 1000 * thousandths / 1000;
  return Duration(whole + rest);
}

}  // namespace signalbox::sched
