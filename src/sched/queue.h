// One model's waiting requests, first come first served, with a bound. Knows nothing of models, gates or
// time-outs; requests.h owns one for each model.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/assert.h"
#include "base/id.h"
#include "base/time.h"

namespace signalbox::sched {

struct Waiter {
  std::uint64_t number = 0;  // order of admission, over all models
  RequestId id;
  TimePoint arrived;
};

// The admission numbers ascend from front to back, so that a place is found by binary search: with 10,000
// waiters each heartbeat asks for one.
class WaitQueue {
 public:
  explicit WaitQueue(std::uint32_t capacity) : capacity_(capacity) {}

  [[nodiscard]] bool empty() const { return waiters_.empty(); }
  [[nodiscard]] bool full() const { return waiters_.size() >= capacity_; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(waiters_.size()); }
  // Precondition: not empty.
  [[nodiscard]] const Waiter& front() const {
    SB_ASSERT(!waiters_.empty());
    return waiters_.front();
  }

  // Preconditions: not full; its number is larger than all before.
  void push(const Waiter& waiter) {
    SB_ASSERT(!full());
    SB_ASSERT(waiters_.empty() || waiters_.back().number < waiter.number);
    waiters_.push_back(waiter);
  }

  // Precondition: it is here.
  void remove(std::uint64_t number) { waiters_.erase(find(number)); }

  // From 1. Precondition: it is here.
  [[nodiscard]] std::uint32_t position(std::uint64_t number) const {
    return static_cast<std::uint32_t>(find(number) - waiters_.begin()) + 1;
  }

  [[nodiscard]] auto begin() const { return waiters_.begin(); }
  [[nodiscard]] auto end() const { return waiters_.end(); }

 private:
  [[nodiscard]] std::deque<Waiter>::const_iterator find(std::uint64_t number) const {
    const auto place = std::ranges::lower_bound(waiters_, number, {}, &Waiter::number);
    SB_ASSERT(place != waiters_.end() && place->number == number);
    return place;
  }

  std::uint32_t capacity_;
  std::deque<Waiter> waiters_;
};

}  // namespace signalbox::sched
