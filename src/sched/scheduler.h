// Decides which request runs on which model, and when to switch models. Pure: no I/O, no threads, no clock,
// no random numbers. `step` takes one event and the current time and returns what the shell must do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/command.h"
#include "sched/event.h"
#include "sched/view.h"

namespace signalbox::sched {

struct ModelOptions {
  std::uint32_t queue_size = 10;  // waiting requests, 0 and up
  std::uint32_t workers = 4;      // places wanted, 1 and up; fewer if the engine reports fewer slots
  Duration wait_timeout = std::chrono::seconds(30);   // answers in one piece, arrival to start; 0 = none
  Duration stream_wait_timeout{0};                    // streams; 0 = none
  Duration load_timeout = std::chrono::seconds(300);  // without progress
  Duration idle_unload{0};                            // 0 = never
};

struct Options {
  Duration starvation_limit = std::chrono::seconds(15);  // rule 4c; 0 = off
  std::uint32_t min_visit_thousandths = 1000;            // rule 4a, of the active model's own last switch
  Duration stop_timeout = std::chrono::seconds(5);       // stop told to kill
  Duration release_timeout = std::chrono::seconds(5);    // a closed request's places to kill
  Duration shutdown_grace = std::chrono::seconds(30);
  std::optional<ModelIndex> default_model;  // loaded by the first step
  std::vector<ModelOptions> models;         // at least one
};

// Loop thread only. Every admitted request gets exactly one end: a RefuseRequest, an AbortRequest, or the
// RequestClosed/WaiterLeft that the shell itself sent.
class Scheduler {
 public:
  explicit Scheduler(Options options);
  Scheduler(const Scheduler&) = delete;
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

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace signalbox::sched
