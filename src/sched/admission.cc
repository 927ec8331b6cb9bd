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
  const auto estimated =
      estimated_wait({.model = model, .position = requests_.queue(model).size() + 1}, now_);
  if (estimated) return std::max(*estimated, kRetryAfterMin);
  return std::clamp(record(model).last_load.value_or(kUnknownLoad), kRetryAfterMin, kRetryAfterMax);
}

std::optional<RefuseRequest> Scheduler::State::admission_refusal(const RequestArrived& arrival) const {
  const auto refused = [&](Refusal refusal, Duration retry_after, std::string detail) {
    return RefuseRequest{.request = arrival.request,
                         .refusal = refusal,
                         .retry_after = retry_after,
                         .detail = std::move(detail)};
  };
  if (shutting_down_) return refused(Refusal::shutting_down, Duration{0}, "");
  // New limits hold from the next start on: what the present engine has not, it will not get by waiting.
  const auto places = active_model() == arrival.model ? engine_.places : places_of(arrival.model);
  if (arrival.places > places) return refused(Refusal::too_many_places, Duration{0}, "");
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
  Request request{.id = arrival.request,
                  .model = arrival.model,
                  .places = arrival.places,
                  .arrived = now_,
                  .service_class = arrival.service_class,
                  .patience = patience,
                  .tokens_max = arrival.tokens_max};
  const bool gate_is_open = engine_state() == EngineState::ready && engine_.model == arrival.model &&
                            !requests_.engine_is_suspect();
  arriving_ = arrival.request;
  if (gate_is_open && queue.empty() && has_room_for(request)) {
    request.predicted_end = predicted_end(request);
    requests_.add_running(request);
    engine_.visit.last_start = now_;
    announce_start(*requests_.find(arrival.request));
    return;
  }
  if (queue.is_full_for(arrival.service_class)) {
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
    close(RequestClosed{.request = left.request, .closing = Closing::cut});
  }
}

void Scheduler::State::on(const AnswerBegan& began) {
  if (requests_.find(began.request) != nullptr) requests_.note_answer_began(began.request);
}

// Its places stay taken, as those of a closed one do.
void Scheduler::State::on(const AnswerLost& lost) {
  const auto* request = requests_.find(lost.request);
  if (request == nullptr || request->phase != Phase::running || request->answer_lost) return;
  requests_.note_answer_lost(lost.request, lost.closing, now_ + options_.release_timeout);
  if (lost.closing == Closing::engine_silent) note_silence();
}

// Others that run may still be heard of; with none left, silence means that the engine hangs (rule 13).
void Scheduler::State::note_silence() {
  if (requests_.hopeful() == 0) hang("the engine sent nothing for too long");
}

void Scheduler::State::on(const RequestClosed& closed) {
  const auto* request = requests_.find(closed.request);
  if (request == nullptr) return;
  if (request->phase == Phase::waiting) {
    leave(closed.request);
  } else {
    close(closed);
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

void Scheduler::State::close(const RequestClosed& closed) {
  const auto id = closed.request;
  const auto& request = *requests_.find(id);
  if (request.phase != Phase::running) return;  // closed before
  engine_.visit.idle_since = now_;
  if (requests_.running() == 1) engine_.visit.emptied = now_;
  if (closed.closing == Closing::answered) {
    estimates_.note_service(request.model, now_ - request.started, closed.tokens);
    account_for(request.model);
    requests_.erase(id);
    return;
  }
  requests_.release(id, closed.closing, now_ + options_.release_timeout);
  if (closed.closing == Closing::engine_silent) note_silence();
}

void Scheduler::State::refuse(RequestId id, Refusal refusal, Duration retry_after, std::string detail) {
  requests_.erase(id);
  emit(RefuseRequest{
      .request = id, .refusal = refusal, .retry_after = retry_after, .detail = std::move(detail)});
}

void Scheduler::State::refuse_waiters(ModelIndex model, Refusal refusal, const std::string& detail) {
  for (const auto id : requests_.waiting_for(model)) refuse(id, refusal, Duration{0}, detail);
}

}  // namespace signalbox::sched
