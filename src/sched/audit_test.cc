#include "sched/audit_test.h"

#include <algorithm>
#include <variant>

#include <gtest/gtest.h>

namespace signalbox::sched {

void Audit::take_in(std::uint64_t value) {
  digest_ = (digest_ ^ value) * 1099511628211ULL;
}

void Audit::look(const Event& event, const Commands& commands, const Scheduler& scheduler, TimePoint now) {
  ++steps_;
  std::visit([this](const auto& happened) { note(happened); }, event);
  for (const auto& command : commands) {
    take_in(command.index());
    std::visit([this](const auto& wanted) { obey(wanted); }, command);
  }
  look_at_what_is_shown(scheduler, now);
}

void Audit::note(const RequestArrived& event) {
  waiting_[event.request] = Known{.model = event.model, .places = event.places};
}

void Audit::note(const WaiterLeft& event) {
  waiting_.erase(event.request);
  if (const auto place = running_.find(event.request); place != running_.end()) {
    releasing_.insert(*place);
    running_.erase(place);
  }
}

void Audit::note(const RequestClosed& event) {
  waiting_.erase(event.request);
  const auto place = running_.find(event.request);
  if (place == running_.end()) return;
  if (event.closing != Closing::answered) releasing_.insert(*place);
  running_.erase(place);
}

void Audit::note(const PlacesFreed& event) {
  releasing_.erase(event.request);
}

void Audit::note(const EngineReady& event) {
  if (!alive_ || alive_->epoch != event.epoch) return;
  alive_->ready = true;
  alive_->places = std::min(options_.models[to_index(alive_->model)].workers, std::max(event.slots, 1U));
}

void Audit::note(const EngineExited& event) {
  if (!alive_ || alive_->epoch != event.epoch) return;
  alive_.reset();
  releasing_.clear();
}

void Audit::note(const ModelFileChecked& event) {
  checks_out_.erase(event.model);
}

void Audit::note(const StopAsked& /*event*/) {
  stop_asked_ = true;
}

void Audit::obey(const StartRequest& command) {
  take_in(command.request.value());
  const auto place = waiting_.find(command.request);
  ASSERT_NE(place, waiting_.end()) << "a request started that does not wait";
  ASSERT_TRUE(alive_ && alive_->ready && !alive_->told_to_go) << "a request started without a ready engine";
  EXPECT_EQ(command.epoch, alive_->epoch);
  EXPECT_EQ(place->second.model, alive_->model) << "a request started on another model's engine";
  for (const auto& [id, known] : waiting_) {
    if (known.model != alive_->model) continue;
    EXPECT_EQ(id, command.request) << "an older request of the same model still waits";
    break;
  }
  running_.insert(*place);
  waiting_.erase(place);
  EXPECT_LE(busy_places(), alive_->places) << "more places taken than there are";
}

void Audit::obey(const RefuseRequest& command) {
  take_in(command.request.value());
  EXPECT_EQ(waiting_.erase(command.request), 1U) << "a request refused that does not wait";
}

void Audit::obey(const AbortRequest& command) {
  take_in(command.request.value());
  EXPECT_EQ(running_.erase(command.request), 1U) << "a request aborted that does not run";
}

void Audit::obey(const RequeueRequest& command) {
  take_in(command.request.value());
  const auto place = running_.find(command.request);
  ASSERT_NE(place, running_.end()) << "a request put back that does not run";
  EXPECT_TRUE(replayed_.insert(command.request).second) << "a request replayed twice";
  waiting_.insert(*place);
  running_.erase(place);
}

void Audit::obey(const StartEngine& command) {
  EXPECT_FALSE(alive_) << "a second engine started";
  EXPECT_GT(command.epoch, last_epoch_) << "an epoch used twice";
  EXPECT_FALSE(stop_asked_) << "an engine started while the server shuts down";
  last_epoch_ = command.epoch;
  alive_ = Alive{.model = command.model, .epoch = command.epoch};
}

void Audit::obey(const StopEngine& command) {
  ASSERT_TRUE(alive_) << "stop without an engine";
  EXPECT_EQ(command.epoch, alive_->epoch);
  EXPECT_TRUE(running_.empty()) << "an engine stopped under running requests";
  EXPECT_FALSE(alive_->told_to_go) << "an engine stopped twice";
  alive_->told_to_go = true;
  releasing_.clear();
}

void Audit::obey(const KillEngine& command) {
  ASSERT_TRUE(alive_) << "kill without an engine";
  EXPECT_EQ(command.epoch, alive_->epoch);
  EXPECT_TRUE(running_.empty()) << "an engine killed under running requests";
  alive_->told_to_go = true;
  releasing_.clear();
}

void Audit::obey(const CheckModelFile& command) {
  EXPECT_TRUE(checks_out_.insert(command.model).second) << "the same file looked at twice at a time";
}

void Audit::obey(const Stopped& /*command*/) {
  EXPECT_TRUE(stop_asked_ && !stopped_) << "stopped unasked or twice";
  EXPECT_TRUE(everything_has_ended() && !alive_) << "stopped too early";
  stopped_ = true;
}

std::uint32_t Audit::busy_places() const {
  std::uint32_t busy = 0;
  for (const auto& [id, known] : running_) busy += known.places;
  for (const auto& [id, known] : releasing_) busy += known.places;
  return busy;
}

void Audit::look_at_what_is_shown(const Scheduler& scheduler, TimePoint now) const {
  const auto shown = scheduler.snapshot(now);
  EXPECT_EQ(shown.in_flight, running_.size());
  EXPECT_LE(shown.workers_busy, shown.workers);
  if (shown.active_model) {
    EXPECT_EQ(shown.workers_busy, busy_places());
  }
  std::size_t queued = 0;
  for (std::size_t i = 0; i < shown.models.size(); ++i) {
    const auto& model = shown.models[i];
    EXPECT_LE(model.queue_length, options_.models[i].queue_size) << "a queue over its bound";
    EXPECT_TRUE(model.queue_length == 0 || model.status != ModelStatus::quarantined)
        << "waiters in quarantine";
    queued += model.queue_length;
  }
  EXPECT_EQ(queued, waiting_.size());
  for (const auto& [id, known] : waiting_)
    EXPECT_TRUE(scheduler.status_of(id, now)) << "a waiter without status";
  for (const auto& [id, known] : running_) EXPECT_FALSE(scheduler.status_of(id, now));
  // A deadline that has passed would make the shell spin.
  const auto next = scheduler.next_deadline();
  EXPECT_TRUE(!next || *next > now) << "a deadline that has passed was left standing";
}

}  // namespace signalbox::sched
