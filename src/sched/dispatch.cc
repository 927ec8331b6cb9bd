// Who starts on the active model, who goes back into the queue, who is cut off (rules 2, 3, 4c, 5, 7, 11).
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "sched/state.h"

namespace signalbox::sched {

void Scheduler::State::dispatch() {
  const auto state = engine_state();
  if (state != EngineState::ready && state != EngineState::draining) return;
  if (requests_.engine_is_suspect() || requests_.queue(engine_.model).empty()) return;
  serve_queue();
  if (state == EngineState::draining && !shutting_down_) backfill();
}

const Waiter* Scheduler::State::first_to_serve() const {
  const auto& queue = requests_.queue(engine_.model);
  // A gate that the limit of 4c closed lets through who was queued then, but for the flex ones.
  if (engine_state() == EngineState::draining) return queue.first_pressing(engine_.serve_up_to);
  // Those who were there at ready keep the gate open (rule 7): when another model's limit has passed,
  // priority requests that came later must not keep them waiting.
  const auto facts = gate_facts();
  if (facts.present_ones_wait) {
    const auto starved = starved_at(engine_.visit, facts);
    if (starved && *starved <= now_) return queue.first_pressing(engine_.visit.present_up_to);
  }
  const auto* pressing = queue.first_pressing();
  return pressing != nullptr ? pressing : queue.oldest_flex();
}

void Scheduler::State::serve_queue() {
  for (const auto* first = first_to_serve(); first != nullptr; first = first_to_serve()) {
    const auto& request = *requests_.find(first->id);
    if (!has_room_for(request)) return;
    engine_.visit.last_start = now_;
    start(first->id, predicted_end(request));
  }
}

// Rule 5: with places free while the last ones run, whoever will have ended by then costs no time.
void Scheduler::State::backfill() {
  if (requests_.busy_places() >= engine_.places || first_to_serve() != nullptr) return;
  const auto drained = predicted_drain_end();
  if (!drained || *drained <= now_) return;
  std::vector<std::pair<RequestId, TimePoint>> chosen;
  auto places = requests_.busy_places();
  std::uint32_t looks = 0;
  requests_.queue(engine_.model).for_each([&](const Waiter& waiter) {
    const auto& request = *requests_.find(waiter.id);
    const auto end = predicted_end(request);
    if (end && *end <= *drained && places + request.places <= engine_.places) {
      chosen.emplace_back(waiter.id, *end);
      places += request.places;
    }
    return places < engine_.places && ++looks < kBackfillLooksMax;
  });
  for (const auto& [id, end] : chosen) start(id, end);
}

bool Scheduler::State::has_room_for(const Request& request) const {
  return requests_.busy_places() + request.places <= engine_.places;
}

std::optional<TimePoint> Scheduler::State::predicted_end(const Request& request) const {
  const auto per_token = estimates_.per_token(request.model);
  if (!request.tokens_max || !per_token) return std::nullopt;
  return now_ + shared(*request.tokens_max, *per_token, 1);
}

// Of the running ones whose length is limited, the last predicted end: the drain takes at least as long.
std::optional<TimePoint> Scheduler::State::predicted_drain_end() const {
  std::optional<TimePoint> last;
  for (const auto id : requests_.at_the_engine()) {
    const auto& request = *requests_.find(id);
    if (request.phase != Phase::running || !request.predicted_end) continue;
    if (!last || *last < *request.predicted_end) last = request.predicted_end;
  }
  return last;
}

void Scheduler::State::start(RequestId id, std::optional<TimePoint> predicted_end) {
  requests_.start(id, now_, predicted_end);
  announce_start(*requests_.find(id));
}

void Scheduler::State::announce_start(const Request& request) {
  engine_.visit.idle_since = now_;
  engine_.visit.emptied.reset();
  const bool saw_the_switch = request.number <= engine_.visit.present_up_to;
  emit(StartRequest{.request = request.id,
                    .epoch = engine_.epoch,
                    .waited = request.id != arriving_,
                    .wait_duration = now_ - request.arrived,
                    .switch_duration = saw_the_switch ? engine_.visit.switch_duration : Duration{0}});
}

// With `replay: once`, those who have nothing yet wait again when their engine is gone.
void Scheduler::State::abort_running(Abort abort, const std::string& detail) {
  const bool may_replay = options_.replay == Replay::once && !shutting_down_;
  for (const auto id : requests_.at_the_engine()) {
    const auto& request = *requests_.find(id);
    if (request.phase != Phase::running) {
      requests_.erase(id);
    } else if (may_replay && !request.answer_began && !request.was_replayed) {
      const auto deadline =
          request.patience > Duration{0} ? std::optional(now_ + request.patience) : std::nullopt;
      requests_.put_back(id, deadline);
      emit(RequeueRequest{.request = id, .detail = detail});
    } else {
      requests_.erase(id);
      emit(AbortRequest{.request = id, .abort = abort, .detail = detail});
    }
  }
}

}  // namespace signalbox::sched
