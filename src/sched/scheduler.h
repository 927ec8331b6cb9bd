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
