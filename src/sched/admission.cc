// Requests: who is let in, who starts, who leaves, whose places are free (rules 1, 2, 3, 12, 13).
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "sched/state.h"

namespace signalbox::sched {

std::uint32_t Scheduler::State::places_of(ModelIndex model) const {
  const auto wanted = options_of(model).workers;
  const auto& slots = record(model).slots;
  return slots ? std::min(wanted, *slots) : wanted;
}

Duration Scheduler::State::retry_after(ModelIndex model) const {
  return record(model).last_load.value_or(kUnknownLoad);
}

std::optional<RefuseRequest> Scheduler::State::admission_refusal(const RequestArrived& arrival) const {
  const auto refused = [&](Refusal refusal, Duration retry_after, std::string detail) {
    return RefuseRequest{.request = arrival.request,
                         .refusal = refusal,
                         .retry_after = retry_after,
                         .detail = std::move(detail)};
  };
  if (shutting_down_) return refused(Refusal::shutting_down, Duration{0}, "");
  if (arrival.places > places_of(arrival.model)) return refused(Refusal::too_many_places, Duration{0}, "");
  const auto& model = record(arrival.model);
  if (const auto left = model.quarantine.left(now_)) {
    return refused(Refusal::quarantined, *left, model.last_error.value_or(""));
  }
  return std::nullopt;
}

void Scheduler::State::on(const RequestArrived& arrival) {
  SB_ASSERT(arrival.places >= 1);
  if (auto refusal = admission_refusal(arrival)) {
    emit(*std::move(refusal));
    return;
  }
  const auto& options = options_of(arrival.model);
  const auto& queue = requests_.queue(arrival.model);
  const auto patience =
      arrival.mode == AnswerMode::whole ? options.wait_timeout : options.stream_wait_timeout;
  Request request{.id = arrival.request, .model = arrival.model, .places = arrival.places, .arrived = now_};
  const bool gate_is_open = engine_state() == EngineState::ready && engine_.model == arrival.model &&
                            !requests_.engine_is_suspect();
  arriving_ = arrival.request;
  if (gate_is_open && queue.empty() && requests_.busy_places() + arrival.places <= engine_.places) {
    requests_.add_running(request);
    announce_start(*requests_.find(arrival.request));
    return;
  }
  if (queue.full()) {
    emit(RefuseRequest{.request = arrival.request,
                       .refusal = Refusal::queue_full,
                       .retry_after = retry_after(arrival.model),
                       .detail = ""});
    return;
  }
  if (patience > Duration{0}) request.deadline = now_ + patience;
  requests_.enqueue(request);
}

void Scheduler::State::on(const WaiterLeft& left) {
  const auto* request = requests_.find(left.request);
  if (request == nullptr) return;
  // It may have been started while the news of its client was under way.
  if (request->phase == Phase::waiting) {
    leave(left.request);
  } else {
    close(left.request, Closing::cut);
  }
}

void Scheduler::State::on(const AnswerBegan& /*began*/) {}

void Scheduler::State::on(const RequestClosed& closed) {
  const auto* request = requests_.find(closed.request);
  if (request == nullptr) return;
  if (request->phase == Phase::waiting) {
    leave(closed.request);
  } else {
    close(closed.request, closed.closing);
  }
}

void Scheduler::State::on(const PlacesFreed& freed) {
  const auto* request = requests_.find(freed.request);
  if (request != nullptr && request->phase == Phase::releasing) requests_.erase(freed.request);
}

void Scheduler::State::leave(RequestId id) {
  ++record(requests_.find(id)->model).waiters_left;
  requests_.erase(id);
}

void Scheduler::State::close(RequestId id, Closing closing) {
  if (requests_.find(id)->phase != Phase::running) return;  // closed before
  engine_.visit.idle_since = now_;
  if (closing == Closing::answered) {
    requests_.erase(id);
    return;
  }
  requests_.release(id, closing, now_ + options_.release_timeout);
  // Others that run may still be heard of; with none left, silence means that the engine hangs (rule 13).
  if (closing == Closing::engine_silent && requests_.running() == 0) {
    hang("the engine sent nothing for too long");
  }
}

void Scheduler::State::dispatch() {
  const auto state = engine_state();
  if (state != EngineState::ready && state != EngineState::draining) return;
  if (requests_.engine_is_suspect()) return;
  const auto& queue = requests_.queue(engine_.model);
  while (!queue.empty()) {
    const auto front = queue.front();
    const bool may_pass = state == EngineState::ready || front.number <= engine_.serve_up_to;
    const auto& request = *requests_.find(front.id);
    if (!may_pass || requests_.busy_places() + request.places > engine_.places) return;
    requests_.start(front.id);
    announce_start(request);
  }
}

void Scheduler::State::announce_start(const Request& request) {
  engine_.visit.idle_since = now_;
  const bool saw_the_switch = request.number <= engine_.visit.present_up_to;
  emit(StartRequest{.request = request.id,
                    .epoch = engine_.epoch,
                    .waited = request.id != arriving_,
                    .wait_duration = now_ - request.arrived,
                    .switch_duration = saw_the_switch ? engine_.visit.switch_duration : Duration{0}});
}

void Scheduler::State::refuse(RequestId id, Refusal refusal, Duration retry_after, std::string detail) {
  requests_.erase(id);
  emit(RefuseRequest{
      .request = id, .refusal = refusal, .retry_after = retry_after, .detail = std::move(detail)});
}

void Scheduler::State::refuse_waiters(ModelIndex model, Refusal refusal, const std::string& detail) {
  for (const auto id : requests_.waiting_for(model)) refuse(id, refusal, Duration{0}, detail);
}

void Scheduler::State::abort_running(Abort abort, const std::string& detail) {
  for (const auto id : requests_.at_the_engine()) {
    const bool runs = requests_.find(id)->phase == Phase::running;
    requests_.erase(id);
    if (runs) emit(AbortRequest{.request = id, .abort = abort, .detail = detail});
  }
}

}  // namespace signalbox::sched
