// What the scheduler shows of itself. Public states are coarser than the engine's:
//   engine    server status                                            active  target
//   none      idle; error if the last load or engine failed;             -       -
//             loading while the file of the next one is looked at        -       B
//   loading   loading                                                    -       B
//   ready     ready                                                      A       -
//   draining  switching                                                  A       B
//   stopping  switching; idle if nothing is to follow                    -       B or -
//   killing   switching if something is to follow; error if it failed    -       B or -
// With overlap a draining, stopping or killing engine may have its successor beside it: the target's own.
#include <algorithm>

#include "sched/state.h"

namespace signalbox::sched {

std::optional<ModelIndex> Scheduler::State::active_model() const {
  const auto state = engine_state();
  if (state == EngineState::ready || state == EngineState::draining) return engine_.model;
  return std::nullopt;
}

std::optional<ModelIndex> Scheduler::State::target_model() const {
  if (switch_) return switch_->to;
  const auto state = engine_state();
  if (state == EngineState::stopping || state == EngineState::killing) return selected_;
  return std::nullopt;
}

std::optional<NextEngine> Scheduler::State::next_engine() const {
  if (!successor_ || successor_->fsm.state() == EngineState::killing) return std::nullopt;
  return NextEngine{.model = successor_->model,
                    .is_ready = successor_->fsm.state() == EngineState::ready,
                    .progress_thousandths = successor_->progress_thousandths};
}

ServerStatus Scheduler::State::server_status() const {
  switch (engine_state()) {
    case EngineState::none:
      if (switch_) return ServerStatus::loading;
      return last_life_failed_ ? ServerStatus::error : ServerStatus::idle;
    case EngineState::loading:
      return ServerStatus::loading;
    case EngineState::ready:
      return ServerStatus::ready;
    case EngineState::draining:
      return ServerStatus::switching;
    case EngineState::stopping:
      return target_model() ? ServerStatus::switching : ServerStatus::idle;
    case EngineState::killing:
      if (target_model() || engine_.kill_cause == KillCause::load_abandoned) return ServerStatus::switching;
      return last_life_failed_ ? ServerStatus::error : ServerStatus::idle;
  }
  return ServerStatus::idle;
}

ModelStatus Scheduler::State::model_status(ModelIndex model, TimePoint now) const {
  if (record(model).quarantine.left(now)) return ModelStatus::quarantined;
  const auto state = engine_state();
  if (state == EngineState::none) {
    return switch_ && switch_->to == model ? ModelStatus::loading : ModelStatus::unloaded;
  }
  if (engine_.model != model) {
    const auto next = next_engine();
    if (!next || next->model != model) return ModelStatus::unloaded;
    return next->is_ready ? ModelStatus::standing_by : ModelStatus::loading;
  }
  switch (state) {
    case EngineState::none:
      return ModelStatus::unloaded;
    case EngineState::loading:
      return ModelStatus::loading;
    case EngineState::ready:
      return ModelStatus::ready;
    case EngineState::draining:
      return ModelStatus::draining;
    case EngineState::stopping:
    case EngineState::killing:
      return ModelStatus::stopping;
  }
  return ModelStatus::unloaded;
}

WaitStatus Scheduler::State::wait_status(const Request& request) const {
  switch (engine_state()) {
    case EngineState::none:
      return target_model() == request.model ? WaitStatus::loading : WaitStatus::waiting_for_model;
    case EngineState::loading:
      return engine_.model == request.model ? WaitStatus::loading : WaitStatus::waiting_for_model;
    case EngineState::ready:
      return engine_.model == request.model ? WaitStatus::queued : WaitStatus::waiting_for_model;
    case EngineState::draining: {
      // Those who were queued when the starvation limit closed the gate are still served.
      const bool is_served = engine_.model == request.model && request.number <= engine_.serve_up_to &&
                             request.service_class != ServiceClass::flex;
      return is_served ? WaitStatus::queued : WaitStatus::waiting_for_model;
    }
    case EngineState::stopping:
    case EngineState::killing:
      return WaitStatus::waiting_for_model;
  }
  return WaitStatus::waiting_for_model;
}

std::optional<RequestStatus> Scheduler::State::status_of(RequestId id, TimePoint now) const {
  const auto* request = requests_.find(id);
  if (request == nullptr || request->phase != Phase::waiting) return std::nullopt;
  const auto& queue = requests_.queue(request->model);
  RequestStatus status;
  status.status = wait_status(*request);
  status.position = queue.position(request->number);
  status.queue_length = queue.size();
  status.active_model = active_model();
  status.blocking_model = status.active_model ? status.active_model : target_model();
  if (status.blocking_model == request->model) status.blocking_model.reset();
  if (status.status == WaitStatus::loading) status.progress_thousandths = engine_.progress_thousandths;
  status.waited = now - request->arrived;
  status.eta = estimated_wait({.model = request->model,
                               .number = request->number,
                               .position = status.position,
                               .service_class = request->service_class},
                              now);
  return status;
}

namespace {

// Precondition: not empty.
TimePoint oldest_arrival(const WaitQueue& queue) {
  const auto* pressing = queue.oldest_pressing();
  const auto* flex = queue.oldest_flex();
  if (pressing == nullptr || flex == nullptr) return pressing != nullptr ? pressing->arrived : flex->arrived;
  return std::min(pressing->arrived, flex->arrived);
}

}  // namespace

Snapshot Scheduler::State::snapshot(TimePoint now) const {
  Snapshot shown;
  shown.status = server_status();
  shown.active_model = active_model();
  shown.target_model = target_model();
  shown.last_error = last_error_;
  if (switch_) shown.switch_requested_at = switch_->began;
  shown.progress_thousandths = engine_.progress_thousandths;
  shown.next_engine = next_engine();
  shown.in_flight = requests_.running();
  shown.backlog = backlog_.total();
  if (shown.active_model) {
    shown.workers = engine_.places;
    shown.workers_busy = requests_.busy_places();
  }
  shown.models.reserve(records_.size());
  for (std::uint32_t i = 0; i < records_.size(); ++i) {
    const ModelIndex model(i);
    const auto& known = records_[i];
    const auto& queue = requests_.queue(model);
    ModelSnapshot row;
    row.status = model_status(model, now);
    row.queue_length = queue.size();
    row.queue_size = options_of(model).queue_size;
    row.flex_queue_length = queue.flex_size();
    if (!queue.empty()) row.oldest_wait = now - oldest_arrival(queue);
    row.costs = estimates_.costs(model);
    if (shown.active_model == model) row.in_flight = requests_.running();
    row.loads = known.loads;
    row.last_load = known.last_load;
    row.last_error = known.last_error;
    row.quarantined_for = known.quarantine.left(now);
    shown.models.push_back(std::move(row));
  }
  return shown;
}

Scheduler::State::Key Scheduler::State::key() const {
  Key present;
  present.stage = Stage{.engine = engine_state(),
                        .model = engine_.model,
                        .target = target_model(),
                        .serve_up_to = engine_.serve_up_to,
                        .load_is_complete = engine_.progress_thousandths == 1000U};
  present.status = server_status();
  present.progress_thousandths = engine_.progress_thousandths;
  present.next_engine = next_engine();
  present.running = requests_.running();
  present.busy_places = requests_.busy_places();
  present.errors_noted = errors_noted_;
  present.queues = requests_.revision();
  present.models = models_revision_;
  return present;
}

}  // namespace signalbox::sched
