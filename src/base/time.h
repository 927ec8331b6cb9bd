// The two clocks and their types. Only Clock's real implementation may ask the system for the time; pure code
// gets `now` as an argument, so that tests and simulations own it.
#pragma once

#include <chrono>
#include <cstdint>

namespace signalbox {

using Duration = std::chrono::microseconds;
// Monotonic. Everything that measures or waits uses it.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Interface of the two clocks. Implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Seconds since 1970. Only for what a person or client reads (`created`, `switch_requested_at`), never to
  // measure.
  [[nodiscard]] virtual std::int64_t unix_seconds() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] std::int64_t unix_seconds() const override;
};

[[nodiscard]] constexpr std::int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace signalbox
