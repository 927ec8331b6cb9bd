// How long a model that failed is left alone: a back-off that doubles with each failure (rule 10). Knows
// nothing of requests or engines; the scheduler's State keeps one for each model.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace signalbox::sched {

class Quarantine {
 public:
  static constexpr Duration kFirst = std::chrono::seconds(5);
  static constexpr Duration kLongest = std::chrono::minutes(5);
  // Jitter adds up to this share, so that models that failed together are not tried together.
  static constexpr std::uint32_t kJitterShareThousandths = 250;

  // One more failure. `jitter_thousandths` 0..1000.
  void begin(TimePoint now, std::uint32_t jitter_thousandths);
  // For a failure that was noticed by the clock, which brings no random number: the jitter follows with the
  // exit. One that is over by then stays over: it has let waiters in.
  void spread(TimePoint now, std::uint32_t jitter_thousandths);
  // It proved itself, or an operator wants it: forgets all failures.
  void reset();

  // What is left of it; none when it is over.
  [[nodiscard]] std::optional<Duration> left(TimePoint now) const;
  [[nodiscard]] std::optional<TimePoint> until() const { return until_; }
  // The last one; zero if there was no failure since the last reset.
  [[nodiscard]] Duration back_off() const { return back_off_; }

 private:
  std::optional<TimePoint> until_;
  Duration back_off_{0};
};

}  // namespace signalbox::sched
