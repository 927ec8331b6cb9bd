// Lets so many things a second through and counts the rest. Pure. Keeps a noisy engine from filling the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/time.h"

namespace signalbox::engine {

class RateLimit {
 public:
  explicit RateLimit(std::uint32_t a_second) : a_second_(a_second) {}

  [[nodiscard]] bool allow(TimePoint now) {
    if (now >= second_ends_) {
      second_ends_ = now + std::chrono::seconds(1);
      allowed_ = 0;
    }
    if (allowed_ == a_second_) {
      ++refused_;
      return false;
    }
    ++allowed_;
    return true;
  }
  // How many were refused since this was last asked.
  [[nodiscard]] std::uint64_t take_refused() { return std::exchange(refused_, 0); }

 private:
  std::uint32_t a_second_;
  std::uint32_t allowed_ = 0;
  std::uint64_t refused_ = 0;
  TimePoint second_ends_ = TimePoint::min();
};

}  // namespace signalbox::engine
