// Waiting in tests: for a fact, with a generous deadline, never for a length of time. A deadline only matters
// when the test fails anyway; it is long because sanitizers and busy machines are slow.
#pragma once

#include <chrono>
#include <functional>

#include "base/time.h"

namespace signalbox::test {

inline constexpr std::chrono::seconds kPatience{60};

[[nodiscard]] TimePoint now();

// Asks again and again until it is so, or the time is over: then false.
[[nodiscard]] bool eventually(const std::function<bool()>& fact, Duration within = kPatience);

// True if the fact held every time it was asked for this long. For what must *not* happen; keep it short.
[[nodiscard]] bool stays(const std::function<bool()>& fact, Duration duration);

}  // namespace signalbox::test
