// How long a waiting request will go on waiting (rule 15): what is left of the present visit or change, the
// visits of models whose heads are older, the own change, and the own place in the queue. Every part that is
// needed and not known makes the whole unknown: nothing is guessed.
#include <algorithm>

#include "sched/state.h"

namespace signalbox::sched {

namespace {

constexpr Duration kNothing{0};

using Estimate = std::optional<Duration>;

Estimate sum(Estimate a, Estimate b) {
  return a && b ? Estimate(*a + *b) : std::nullopt;
}

Duration rest_of(Duration whole, Duration spent) {
  return std::max(whole - spent, kNothing);
}

}  // namespace

// Until `count` have started when `free` places are free at once.
Estimate Scheduler::State::time_to_start(ModelIndex model, std::uint32_t count, std::uint32_t free) const {
  if (count <= free) return kNothing;
  const auto service = estimates_.service(model);
  if (!service) return std::nullopt;
  return shared(count - free, *service, places_of(model));
}

// Once it is ready, with all its places free: what its queue needs, but no less than its visits usually last,
// for newcomers join them.
Estimate Scheduler::State::stay_of(ModelIndex model) const {
  const auto starts = time_to_start(model, requests_.queue(model).pressing(), places_of(model));
  const auto needed = sum(starts, estimates_.tail(model));
  const auto usual = estimates_.stay(model);
  return usual && needed ? std::max(*usual, *needed) : needed;
}

// Of what its visits usually last, if it has not lasted that long already.
Estimate Scheduler::State::rest_of_usual_stay(TimePoint now) const {
  const auto usual = estimates_.stay(engine_.model);
  if (!usual || engine_state() != EngineState::ready) return std::nullopt;
  const auto spent = now - others_wait_since().value_or(now);
  return spent < *usual ? std::optional(*usual - spent) : std::nullopt;
}

Estimate Scheduler::State::rest_of_visit(TimePoint now) const {
  if (requests_.running() == 0 && requests_.queue(engine_.model).pressing() == 0) return kNothing;
  const auto tail = estimates_.tail(engine_.model);
  if (!tail) return std::nullopt;
  const auto since_start = now - engine_.visit.last_start.value_or(now);
  if (engine_state() == EngineState::draining) {
    return first_to_serve() == nullptr ? rest_of(*tail, since_start) : *tail;
  }
  if (const auto usual = rest_of_usual_stay(now)) return usual;
  const auto queued = time_to_start(engine_.model, requests_.queue(engine_.model).pressing(), 0);
  const auto leaving = departure();
  if (!leaving) return sum(queued, tail);
  const auto until_closed = std::max(leaving->at - now, kNothing);
  if (!queued) return std::nullopt;
  const auto served = std::max(until_closed, *queued);
  return served == kNothing ? rest_of(*tail, since_start) : served + *tail;
}

// Stop and load of the one that is to come, from where they are.
Estimate Scheduler::State::rest_of_changeover(TimePoint now) const {
  const auto state = engine_state();
  const auto whole = estimates_.changeover(switch_->to);
  if (state == EngineState::ready || state == EngineState::draining) return whole;
  const bool has_begun = switch_->stop_told || state == EngineState::loading;
  if (!has_begun) return whole;
  const auto spent = now - switch_->stop_told.value_or(engine_.start_told);
  if (whole) return rest_of(*whole, spent);
  const auto progress = engine_.progress_thousandths.value_or(0);
  if (state != EngineState::loading || progress == 0) return std::nullopt;
  return shared(1000 - progress, now - engine_.start_told, progress);
}

// Of models whose heads are older than `number`, but for one that is counted already.
Estimate Scheduler::State::others_before(ModelIndex model, std::uint64_t number,
                                         std::optional<ModelIndex> counted) const {
  Estimate all = kNothing;
  for (const auto& [head, other] : requests_.heads()) {
    if (head >= number) break;
    if (other == model || other == counted) continue;
    all = sum(all, sum(estimates_.changeover(other), stay_of(other)));
  }
  return all;
}

Estimate Scheduler::State::estimated_wait(const Waiting& waiting, TimePoint now) const {
  const auto model = waiting.model;
  const auto state = engine_state();
  const bool is_active = active_model() == model;
  const bool is_served = state == EngineState::ready || waiting.number <= engine_.serve_up_to;
  if (is_active && is_served) return time_to_start(model, waiting.position, 0);
  if (waiting.service_class == ServiceClass::flex) return std::nullopt;
  const auto own_start = time_to_start(model, waiting.position, places_of(model));
  const auto* head = requests_.queue(model).oldest_pressing();
  const auto number = head == nullptr ? waiting.number : std::min(head->number, waiting.number);
  const auto visit = active_model() ? rest_of_visit(now) : kNothing;
  const auto own_change = estimates_.changeover(model);
  if (!switch_) {
    const auto counted = state == EngineState::ready ? active_model() : std::nullopt;
    return sum(sum(visit, others_before(model, number, counted)), sum(own_change, own_start));
  }
  const auto change = sum(visit, rest_of_changeover(now));
  if (switch_->to == model) return sum(change, own_start);
  const auto others = sum(stay_of(switch_->to), others_before(model, number, switch_->to));
  return sum(sum(change, others), sum(own_change, own_start));
}

}  // namespace signalbox::sched
