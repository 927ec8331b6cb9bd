// Keeps one kind of log line from flooding the log: a few in each interval pass, the rest is counted and told
// with the next line that passes. Pure. For lines that a client can cause at will.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/time.h"

namespace signalbox::http {

class LogLimiter {
 public:
  LogLimiter(std::uint32_t lines_max, Duration interval) : lines_max_(lines_max), interval_(interval) {}

  // The number of lines held back since the last that passed, if this one may be written.
  [[nodiscard]] std::optional<std::uint64_t> admit(TimePoint now) {
    if (!started_ || now - *started_ >= interval_) {
      started_ = now;
      lines_ = 0;
    }
    if (lines_ >= lines_max_) {
      ++held_back_;
      return std::nullopt;
    }
    ++lines_;
    return std::exchange(held_back_, 0);
  }

 private:
  std::uint32_t lines_max_;
  Duration interval_;
  std::optional<TimePoint> started_;  // of the present interval
  std::uint32_t lines_ = 0;
  std::uint64_t held_back_ = 0;
};

}  // namespace signalbox::http
