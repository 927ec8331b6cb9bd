// What the commands promise to each other and to the world.
#include <algorithm>

#include "simulate/invariants.h"

namespace signalbox::simulate {

using namespace sched;

void Invariants::obey(const StartRequest& command) {
  digest_.take_in(command.request.value());
  if (!waiting_.contains(command.request)) return violate("a request started that does not wait");
  const auto request = take_out(command.request);
  const bool may_start = engine_ && engine_->ready && !engine_->told_to_go;
  if (!may_start) return violate("a request started without a ready engine");
  if (command.epoch != engine_->epoch) violate("a request started on another engine than the present one");
  if (request.model != engine_->model) return violate("a request started on another model's engine");
  if (command.waited == (step_.arrived == command.request)) violate("a start is wrong about having waited");
  if (!request.replayed && command.wait_duration != now_ - request.arrived) {
    violate("a start is wrong about how long it waited");
  }
  check_order(request);
  busy_places_ += request.places;
  running_.emplace(command.request, request);
  if (busy_places_ > engine_->places) violate("more places taken than there are");
}

void Invariants::obey(const RefuseRequest& command) {
  digest_.take_in(command.request.value());
  if (!waiting_.contains(command.request)) return violate("a request refused that does not wait");
  const auto request = take_out(command.request);
  const bool is_new = step_.arrived == command.request;
  switch (command.refusal) {
    case Refusal::queue_full:
      if (!is_new) violate("a request refused for a full queue that waited in it");
      break;
    case Refusal::quarantined:
      if (!is_new) violate("a request refused for a quarantine that waited before");
      break;
    case Refusal::too_many_places:
      if (request.places == 1) violate("a request refused for more places than there are that asks for one");
      break;
    case Refusal::wait_timeout:
      if (!request.replayed && (!request.patience_ends || *request.patience_ends > now_)) {
        violate("a request refused before its wait limit");
      }
      break;
    case Refusal::shutting_down:
      if (!stop_asked_) violate("a request refused for a stop that nobody asked for");
      break;
    case Refusal::model_load_failed:
      break;
  }
}

void Invariants::obey(const AbortRequest& command) {
  digest_.take_in(command.request.value());
  const auto place = running_.find(command.request);
  if (place == running_.end()) return violate("a request aborted that does not run");
  const auto request = place->second;
  busy_places_ -= request.places;
  running_.erase(place);
  if (command.abort == Abort::shutting_down) {
    if (!stop_asked_) violate("a request aborted for a stop that nobody asked for");
    return;
  }
  const bool could_be_replayed =
      options_.replay == Replay::once && !request.begun && !request.replayed && !stop_asked_;
  if (could_be_replayed) step_.lost = request.model;
}

void Invariants::obey(const RequeueRequest& command) {
  digest_.take_in(command.request.value());
  const auto place = running_.find(command.request);
  if (place == running_.end()) return violate("a request put back that does not run");
  auto request = place->second;
  busy_places_ -= request.places;
  running_.erase(place);
  if (options_.replay == Replay::off) violate("a request replayed although that is off");
  if (request.begun) violate("a request replayed whose client has had a part of the answer");
  if (request.replayed) violate("a request replayed twice");
  if (stop_asked_) violate("a request replayed while the server shuts down");
  request.replayed = true;
  request.lost = false;
  request.broken_off = false;
  request.patience_ends.reset();
  enter(command.request, request);
}

void Invariants::obey(const StartEngine& command) {
  digest_.take_in(command.model);
  if (engine_) return start_beside(command);
  if (command.beside) violate("an engine started beside one that is not there");
  if (command.epoch <= last_epoch_) violate("an epoch used twice");
  if (stop_asked_) violate("an engine started while the server shuts down");
  if (switch_to_ != command.model) violate("an engine started without a switch to its model");
  last_epoch_ = command.epoch;
  engine_ = KnownEngine{.model = command.model, .epoch = command.epoch};
}

void Invariants::obey(const StopEngine& command) {
  if (!engine_) return violate("stop without an engine");
  if (command.epoch != engine_->epoch) violate("another engine stopped than the present one");
  if (!running_.empty()) violate("an engine stopped under running requests");
  if (engine_->told_to_go) violate("an engine stopped twice");
  const bool is_idle_unload = !engine_->draining && !stop_asked_;
  if (is_idle_unload && !waiting_.empty()) violate("an idle model unloaded while somebody waits");
  engine_->told_to_go = true;
  for (const auto& [id, request] : releasing_) busy_places_ -= request.places;
  releasing_.clear();
}

void Invariants::obey(const KillEngine& command) {
  if (successor_killed(command)) return;
  if (!engine_) return violate("kill without an engine");
  if (command.epoch != engine_->epoch) violate("another engine killed than the present one");
  if (!running_.empty()) violate("an engine killed under running requests");
  step_.failed = true;
  step_.engine_ended = true;
  if (!engine_->told_to_go && selected_ == engine_->model) selected_.reset();
  engine_->told_to_go = true;
  for (const auto& [id, request] : releasing_) busy_places_ -= request.places;
  releasing_.clear();
}

void Invariants::obey(const CheckModelFile& command) {
  digest_.take_in(command.model);
  if (!checks_out_.insert(command.model).second) violate("the same file looked at twice at a time");
}

void Invariants::obey(const AnswerSelect& command) {
  digest_.take_in(static_cast<std::uint64_t>(command.outcome));
  if (step_.asked != command.select) violate("an answer to a select that nobody asked for");
  step_.asked.reset();
  const bool is_there = engine_ && engine_->ready && engine_->model == step_.asked_model;
  switch (command.outcome) {
    case SelectOutcome::initiated:
    case SelectOutcome::in_progress:
      selected_ = step_.asked_model;
      break;
    case SelectOutcome::already_active:
      if (!is_there) violate("a select of a model that is not active called it active");
      break;
    case SelectOutcome::conflict:
      if (!switch_to_ && !selected_) violate("a select refused for a switch that does not exist");
      break;
    case SelectOutcome::shutting_down:
      if (!stop_asked_) violate("a select refused for a stop that nobody asked for");
      break;
  }
}

void Invariants::obey(const SwitchStarted& command) {
  digest_.take_in(command.to);
  if (switch_to_) violate("a switch began in another one");
  switch_to_ = command.to;
  const bool was_open = engine_ && engine_->ready && !engine_->told_to_go;
  if (was_open && command.from == engine_->model) close_gate(command.cause);
}

void Invariants::close_gate(const std::string& cause) {
  engine_->draining = true;
  if (step_.served_up_to) {  // the same drain, for another model
    engine_->served_up_to = *step_.served_up_to;
    return;
  }
  engine_->served_up_to = cause == "starvation_limit" ? last_number_ : 0;
  const auto& line = line_of(engine_->model);
  const auto is_present = [this](const auto& waiters) {
    return !waiters.empty() && waiters.begin()->first <= engine_->present_up_to;
  };
  const bool is_put_back = std::ranges::any_of(line.put_back, [this](const auto& waiter) {
    return waiter.first <= engine_->present_up_to &&
           waiting_.at(waiter.second).service_class != ServiceClass::flex;
  });
  // Flex ones do not hold the gate open.
  if (is_put_back || is_present(line.of_class[0]) || is_present(line.of_class[1])) {
    violate("the gate closed before those had started who waited when the load finished");
  }
}

void Invariants::end_switch() {
  switch_to_.reset();
  if (!engine_ || !engine_->draining) return;
  engine_->draining = false;
  step_.served_up_to = engine_->served_up_to;
}

void Invariants::obey(const SwitchFinished& command) {
  digest_.take_in(command.to);
  if (switch_to_ != command.to) violate("a switch finished that had not begun");
  switch_to_.reset();
}

void Invariants::obey(const SwitchFailed& command) {
  digest_.take_in(command.to);
  const bool was_open = switch_to_ == command.to;
  if (!was_open && command.end == SwitchEnd::called_off) violate("a switch called off that had not begun");
  if (command.end == SwitchEnd::failed) {
    step_.failed = true;
    if (selected_ == command.to) selected_.reset();
  }
  if (was_open) end_switch();
}

void Invariants::obey(const StatusChanged& /*command*/) {
  step_.told_change = true;
}

void Invariants::obey(const Stopped& /*command*/) {
  if (!stop_asked_ || stopped_) violate("stopped unasked or twice");
  if (!everything_has_ended() || engine_ || successor_) violate("stopped too early");
  stopped_ = true;
}

}  // namespace signalbox::simulate
