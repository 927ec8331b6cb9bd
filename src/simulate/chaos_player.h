// Plays moments to a scheduler under the eyes of the invariants, and at the end lets a healthy world serve
// what is left. Draws nothing at random: Chaos feeds it what it draws, shrink.h and explore.h lists that they
// have. Whatever part of a list is left out, only that happens which can happen in some world.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sched/scheduler.h"
#include "simulate/invariants.h"
#include "simulate/timeline.h"

namespace signalbox::simulate {

// Changes what the scheduler answered before the invariants see it: how a test plants a violation.
using Tamper = std::function<void(sched::Commands&)>;

class Player {
 public:
  explicit Player(const sched::Options& options, Looks looks = Looks::at_every_step, Tamper tamper = {});

  // The event at its time; no deadline before it. Empty without a step if it cannot happen now.
  sched::Commands play(const Moment& moment);
  // Precondition: there is a deadline.
  sched::Commands tell_deadline();
  // All moments, and the deadlines before them. Stops at the first violation.
  void play_all(const Timeline& timeline);
  // Faults are over: each new command finds a healthy world. What fails to be said by then is never said, so
  // the scheduler's own limits must end it. Violates unless all come to their end in bounded steps and time.
  void settle();

  [[nodiscard]] std::optional<TimePoint> next_deadline() const { return scheduler_.next_deadline(); }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] const sched::Scheduler& scheduler() const { return scheduler_; }
  [[nodiscard]] const Invariants& invariants() const { return invariants_; }
  [[nodiscard]] Epoch last_start() const { return last_start_; }
  [[nodiscard]] bool is_clean() const { return invariants_.violations().empty(); }

 private:
  sched::Commands step(const sched::Event& event, TimePoint now);
  // None: not in any world.
  [[nodiscard]] std::optional<sched::Event> possible(const Moment& moment) const;
  [[nodiscard]] Duration longest_drain() const;

  sched::Options options_;
  sched::Scheduler scheduler_;
  Invariants invariants_;
  Tamper tamper_;
  TimePoint now_{};
  TimePoint began_{};
  bool has_begun_ = false;
  Epoch last_start_;
};

// The first violation of this run, settling included; empty: none.
[[nodiscard]] std::string replay(const sched::Options& options, const Timeline& timeline,
                                 const Tamper& tamper = {});

}  // namespace signalbox::simulate
