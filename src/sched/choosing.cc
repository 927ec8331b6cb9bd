// Which model comes next, what its visit costs, and how long the others may be left waiting (rules 4, 6, 15).
#include "base/assert.h"
#include "sched/state.h"

namespace signalbox::sched {

namespace {
constexpr std::uint32_t kGateBacklogThousandths = 1500;    // 1.5 T (rule 4c)
constexpr std::uint32_t kChoiceBacklogThousandths = 1000;  // T (rule 6)
}  // namespace

std::optional<Choice> Scheduler::State::choice_from_none() const {
  // Chosen when the gate closed (rule 6): its waiters have been told, its file has been looked at.
  if (switch_ && is_wanted(switch_->to)) return Choice{.to = switch_->to, .cause = switch_->cause};
  if (selected_) return Choice{.to = *selected_, .cause = Cause::select};
  if (default_) return Choice{.to = *default_, .cause = Cause::default_model};
  const auto next = next_model(std::nullopt);
  if (!next) return std::nullopt;
  return Choice{.to = *next, .cause = next == died_ ? Cause::reload : Cause::waiters};
}

GateFacts Scheduler::State::gate_facts() const {
  const auto& queue = requests_.queue(engine_.model);
  const auto elsewhere = requests_.oldest_head(engine_.model);
  const auto* oldest_here = queue.oldest_pressing();
  return {.limit = limit_for(kGateBacklogThousandths),
          .running = requests_.running(),
          .waiting_here = queue.pressing(),
          .flex_waiting_here = queue.flex_size(),
          .present_ones_wait = oldest_here != nullptr && oldest_here->number <= engine_.visit.present_up_to,
          .oldest_elsewhere = elsewhere ? std::optional(elsewhere->arrived) : std::nullopt,
          .flex_waits_elsewhere = requests_.oldest_flex(engine_.model).has_value(),
          .is_selected_elsewhere = selected_.has_value()};
}

std::optional<Departure> Scheduler::State::departure() const {
  if (engine_state() != EngineState::ready || shutting_down_) return std::nullopt;
  return plan_departure(engine_.visit, gate_facts());
}

std::optional<TimePoint> Scheduler::State::others_wait_since() const {
  const auto elsewhere = requests_.oldest_head(engine_.model);
  return elsewhere ? std::optional(std::max(elsewhere->arrived, engine_.visit.ready_at)) : std::nullopt;
}

std::optional<ModelIndex> Scheduler::State::next_model(std::optional<ModelIndex> except) const {
  const auto oldest = requests_.oldest_head(except);
  if (!oldest) return requests_.oldest_flex(except);
  const auto limit = limit_for(kChoiceBacklogThousandths);
  const bool is_starved = limit > Duration{0} && now_ - oldest->arrived >= limit;
  if (options_.next_model == NextModel::longest_wait || is_starved) return oldest->model;
  // The one whose file has just been found good: a choice that moves on while a file is looked at would have
  // to look again.
  if (good_file_ && good_file_ != except && requests_.queue(*good_file_).pressing() > 0) return good_file_;
  return worthiest(except);
}

ModelIndex Scheduler::State::worthiest(std::optional<ModelIndex> except) const {
  std::optional<Candidate> best;
  for (const auto& [number, model] : requests_.heads()) {
    if (model == except) continue;
    const Candidate candidate{
        .model = model, .sum_of_ages = requests_.queue(model).sum_of_ages(now_), .cost = visit_cost(model)};
    if (!best || is_worth_more(candidate, *best)) best = candidate;
  }
  SB_ASSERT(best.has_value());
  return best->model;
}

Duration Scheduler::State::limit_for(std::uint32_t backlog_thousandths) const {
  if (options_.starvation_limit == Duration{0}) return Duration{0};
  return std::max(options_.starvation_limit, scaled(backlog_.total(), backlog_thousandths));
}

Duration Scheduler::State::visit_cost(ModelIndex model) const {
  const auto known = [](std::optional<Duration> cost) { return cost.value_or(Duration{0}); };
  return known(estimates_.changeover(model)) + known(estimates_.tail(model)) +
         shared(requests_.queue(model).pressing(), known(estimates_.service(model)), places_of(model));
}

void Scheduler::State::account_for(ModelIndex model) {
  const bool is_to_be_served = requests_.queue(model).pressing() > 0 || active_model() == model;
  backlog_.set(model, is_to_be_served ? visit_cost(model) : Duration{0});
}

void Scheduler::State::settle_backlog() {
  for (const auto model : requests_.take_touched()) account_for(model);
}

}  // namespace signalbox::sched
