// Decides which request runs on which model, and when to switch models. Pure: no I/O, no threads, no clock,
// no random numbers. `step` takes one event and the current time and returns what the shell must do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/command.h"
#include "sched/event.h"
#include "sched/options.h"
#include "sched/view.h"

namespace signalbox::sched {

// How long anybody waits at most, without selects, deaths or failed loads, in actual durations:
//
//   wait <= max(L, 1.5 T*) + the visits of the active model and of each other that has waiters
//           + own switch + the starts of those ahead of it in its own queue,
//
// where a visit is a switch, the starts of 2 queue_size requests and a drain, L the starvation_limit (above
// 0) and T* the largest backlog T (rule 15) while it waits. Sketch of a proof, from the moment at which the
// head h of a queue has waited max(L, 1.5 T*):
//  1. Every gate is due (4c): at once, or when those who were there at its ready have started (7), at most
//     queue_size. What was queued when it closed is still served, at most queue_size more. Hence the visit.
//  2. max(L, T) <= max(L, 1.5 T*), so h is starved by rule 6 as well: only an older head is chosen before it.
//  3. Whoever waited at the gate's closing was served, so the next head of that model is younger than the
//     closing, and thereby than h: its turn before h does not come again. One visit each, then h's own.
//  4. Within its model nobody who comes later goes ahead, but by rule 5, which costs no time. (Priority
//     requests do: a steady stream of them holds a standard one back for up to kPriorityLead more.)
// A flex request counts from the end of its flex_limit. tests/chaos/bound_test.cc measures it.

// Loop thread only. Every admitted request gets exactly one end: a RefuseRequest, an AbortRequest, or the
// RequestClosed/WaiterLeft that the shell itself sent.
class Scheduler {
 public:
  explicit Scheduler(Options options);
  // An independent copy, for those who explore what may happen next.
  Scheduler(const Scheduler& other);
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  // `now` never goes back. Deadlines that have passed are dealt with at every step, whatever the event.
  // After WaiterLeft or RequestClosed no command names that request again, not even one of the same step.
  [[nodiscard]] Commands step(const Event& event, TimePoint now);

  // When the shell must send DeadlinePassed, if nothing else happens before.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // None once the request runs or has ended.
  [[nodiscard]] std::optional<RequestStatus> status_of(RequestId request, TimePoint now) const;
  [[nodiscard]] Snapshot snapshot(TimePoint now) const;
  // What a refused client is told to wait (rule: the model's last load, 5 s if it never loaded).
  [[nodiscard]] Duration retry_after(ModelIndex model) const;
  // Everything that decides what comes next, with times told from `now` and ages above `age_max` told as
  // `age_max`: of two schedulers with the same options and the same fingerprint, the same events draw the
  // same commands, as long as no age above it matters. Not stable between versions.
  [[nodiscard]] std::string fingerprint(TimePoint now, Duration age_max) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace signalbox::sched
