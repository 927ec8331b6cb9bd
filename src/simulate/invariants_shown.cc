// Where things stand after a step: bounds, limits, and whether what is shown is what is.
#include <algorithm>

#include "simulate/invariants.h"

namespace signalbox::simulate {

using namespace sched;

void Invariants::check_bounds(TimePoint /*now*/) {
  if (!engine_ && !running_.empty()) violate("requests run without an engine");
  if (!step_.arrived) return;
  const auto place = waiting_.find(*step_.arrived);
  if (place == waiting_.end()) return;
  const auto& request = place->second;
  const auto& line = line_of(request.model);
  const auto& limits = options_.models[to_index(request.model)];
  const bool is_flex = request.service_class == ServiceClass::flex;
  const auto queued = is_flex ? line.of_class[2].size() : line.of_class[0].size() + line.of_class[1].size();
  if (queued > (is_flex ? limits.flex_queue_size : limits.queue_size)) violate("a queue over its bound");
  if (stop_asked_) violate("a request admitted while the server shuts down");
}

void Invariants::check_limits(TimePoint now) {
  if (!patience_.empty() && patience_.begin()->first <= now)
    violate("a waiter past its wait limit still waits");
  if (!engine_ || engine_->told_to_go) return;
  for (const auto& [id, request] : releasing_) {
    if (request.free_by <= now) violate("a place was not free in time and its engine was left alone");
  }
  for (const auto& [id, request] : running_) {
    if (request.lost && request.free_by <= now) violate("a lost answer was left undecided");
  }
  const auto is_lost = [](const auto& entry) { return entry.second.lost; };
  if (step_.fell_silent && std::ranges::all_of(running_, is_lost)) {
    violate("an engine was left alone of which nobody hears any more");
  }
}

void Invariants::check_something_is_pending(const Scheduler& scheduler, TimePoint now) {
  const auto deadline = scheduler.next_deadline();
  // A deadline that has passed would make the shell spin.
  if (deadline && *deadline <= now) violate("a deadline that has passed was left standing");
  const bool engine_will_be_heard_of =
      engine_ && (!engine_->ready || engine_->told_to_go || busy_places_ > 0);
  const bool is_pending = deadline || !checks_out_.empty() || engine_will_be_heard_of;
  if (!waiting_.empty() && !is_pending) violate("somebody waits and nothing is pending");
  if (selected_ && !is_pending) violate("a model is selected and nothing is pending");
  if (engine_ && engine_->told_to_go && !deadline) violate("an engine told to go may stay for ever");
  if (engine_ && !engine_->ready && !deadline) violate("a load may last for ever");
  const bool may_stop = stop_asked_ && everything_has_ended() && releasing_.empty() && !engine_;
  if (may_stop && !stopped_) violate("nothing is left and the server does not stop");
}

void Invariants::check_shown(const Scheduler& scheduler, TimePoint now) {
  const auto shown = scheduler.snapshot(now);
  if (shown.in_flight != running_.size()) violate("the snapshot is wrong about what runs");
  if (shown.workers_busy > shown.workers) violate("the snapshot shows more places taken than there are");
  const bool is_there = engine_ && engine_->ready && !engine_->told_to_go;
  const auto active = is_there ? std::optional(engine_->model) : std::nullopt;
  if (shown.active_model != active) violate("the snapshot is wrong about the active model");
  if (active && shown.workers_busy != busy_places_) violate("the snapshot is wrong about taken places");
  if (active && shown.workers != engine_->places) violate("the snapshot is wrong about the places");
  if (switch_to_ && shown.target_model != switch_to_) violate("the snapshot is wrong about the target");
  if (shown.switch_requested_at.has_value() != switch_to_.has_value()) {
    violate("the snapshot is wrong about whether a switch is under way");
  }
  if (step_.lost && !shown.models[to_index(*step_.lost)].quarantined_for) {
    violate("a request was ended that could be replayed");
  }
  Digest digest;
  digest.take_in(static_cast<std::uint64_t>(shown.status));
  digest.take_in(shown.active_model);
  digest.take_in(shown.target_model);
  digest.take_in(shown.progress_thousandths.value_or(1001));
  digest.take_in(shown.in_flight);
  digest.take_in(shown.workers_busy);
  digest.take_in(shown.last_error.value_or(""));
  for (std::uint32_t i = 0; i < shown.models.size(); ++i) {
    const auto& model = shown.models[i];
    check_shown_model(shown, ModelIndex(i), now);
    digest.take_in(static_cast<std::uint64_t>(model.status));
    digest.take_in(model.queue_length);
    digest.take_in(model.loads);
  }
  const bool knows_before = looks_ == Looks::at_every_step && shown_;
  if (knows_before && *shown_ != digest.value() && !step_.told_change) {
    violate("what is shown changed and nobody was told");
  }
  shown_ = digest.value();
}

void Invariants::check_shown_model(const Snapshot& shown, ModelIndex model, TimePoint now) {
  const auto& row = shown.models[to_index(model)];
  const auto& line = line_of(model);
  const auto flex = line.of_class[2].size();
  const auto queued = line.of_class[0].size() + line.of_class[1].size() + flex + line.put_back.size();
  if (row.queue_length != queued) violate("the snapshot is wrong about a queue");
  if (row.flex_queue_length > flex + line.put_back.size())
    violate("the snapshot is wrong about a flex queue");
  if (row.queue_size != options_.models[to_index(model)].queue_size)
    violate("the snapshot shows an old limit");
  if (row.quarantined_for.has_value() != (row.status == ModelStatus::quarantined)) {
    violate("the snapshot is wrong about a quarantine");
  }
  if (!row.quarantined_for) return;
  if (queued > 0) violate("somebody waits for a model in quarantine");
  if (*row.quarantined_for > kQuarantineMax) violate("a quarantine is longer than the longest");
  const bool is_loading = engine_ && engine_->model == model && !engine_->ready && !engine_->told_to_go;
  if (is_loading) violate("a model is loaded in its quarantine");
  auto& end = quarantine_ends_[to_index(model)];
  const auto ends_now = now + *row.quarantined_for;
  if (looks_ == Looks::at_every_step && ends_now > end && !step_.failed && !step_.engine_ended) {
    violate("a quarantine became longer although nothing failed");
  }
  end = ends_now;
}

void Invariants::check_statuses(const Scheduler& scheduler, TimePoint now) {
  for (const auto& [id, request] : waiting_) {
    const auto status = scheduler.status_of(id, now);
    if (!status) {
      violate("a waiter without a status");
      continue;
    }
    if (status->position < 1 || status->position > status->queue_length) violate("a place outside the queue");
    if (status->eta && *status->eta < Duration{0}) violate("an estimate below zero");
    if (status->waited != now - request.arrived) violate("a status is wrong about how long it waited");
  }
  for (const auto& [id, request] : running_) {
    if (scheduler.status_of(id, now)) violate("a running request with a waiter's status");
  }
}

}  // namespace signalbox::simulate
