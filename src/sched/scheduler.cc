#include "sched/scheduler.h"

#include <utility>

#include "sched/state.h"

namespace signalbox::sched {

Scheduler::Scheduler(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Scheduler::Scheduler(const Scheduler& other) : state_(std::make_unique<State>(*other.state_)) {}
Scheduler::~Scheduler() = default;

Commands Scheduler::step(const Event& event, TimePoint now) {
  return state_->step(event, now);
}
std::optional<TimePoint> Scheduler::next_deadline() const {
  return state_->next_deadline();
}
std::optional<RequestStatus> Scheduler::status_of(RequestId request, TimePoint now) const {
  return state_->status_of(request, now);
}
Snapshot Scheduler::snapshot(TimePoint now) const {
  return state_->snapshot(now);
}
Duration Scheduler::retry_after(ModelIndex model) const {
  return state_->retry_after(model);
}
std::string Scheduler::fingerprint(TimePoint now, Duration age_max) const {
  return state_->fingerprint(now, age_max);
}

}  // namespace signalbox::sched
