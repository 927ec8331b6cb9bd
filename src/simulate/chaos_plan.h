// What is going to happen, in the order of (time, sequence). Holds, decides nothing; Chaos and the healthy
// world at the end of each run take from it.
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "simulate/timeline.h"

namespace signalbox::simulate {

struct Planned {
  TimePoint time{};
  std::uint64_t sequence = 0;
  sched::Event event;
  // News of a request's run count only as long as it is that run.
  std::uint32_t run = 0;
};

class Plan {
 public:
  void add(TimePoint time, sched::Event event, std::uint32_t run = 0) {
    planned_.push({.time = time, .sequence = ++sequence_, .event = std::move(event), .run = run});
  }
  [[nodiscard]] bool empty() const { return planned_.empty(); }
  // Precondition of both: not empty.
  [[nodiscard]] TimePoint next_time() const { return planned_.top().time; }
  Planned take() {
    auto next = planned_.top();
    planned_.pop();
    return next;
  }

 private:
  struct Later {
    bool operator()(const Planned& a, const Planned& b) const {
      return std::pair(a.time, a.sequence) > std::pair(b.time, b.sequence);
    }
  };
  std::priority_queue<Planned, std::vector<Planned>, Later> planned_;
  std::uint64_t sequence_ = 0;
};

// The moment of an event that names an engine by its epoch, told from the start that was last by then.
[[nodiscard]] Moment moment_of(TimePoint time, sched::Event event, Epoch last_start);

}  // namespace signalbox::simulate
