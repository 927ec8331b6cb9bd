#include "sched/policy.h"

#include <algorithm>

namespace signalbox::sched {

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::waiters:
      return "waiters";
    case Cause::starvation_limit:
      return "starvation_limit";
    case Cause::select:
      return "select";
    case Cause::default_model:
      return "default_model";
    case Cause::reload:
      return "reload";
  }
  return "?";
}

namespace {

constexpr Duration kOff{0};

// Rule 4c. For a selected model the others' patience counts from its ready (rule 9).
std::optional<TimePoint> starved_at(const Visit& visit, const GateFacts& facts) {
  if (facts.starvation_limit == kOff) return std::nullopt;
  const auto arrived = facts.oldest_elsewhere->arrived;
  const auto since = visit.summons == Summons::select ? std::max(arrived, visit.ready_at) : arrived;
  return since + facts.starvation_limit;
}

// Rule 4a.
std::optional<TimePoint> paid_off_at(const Visit& visit, const GateFacts& facts) {
  if (facts.front_number) return std::nullopt;
  const auto paid = visit.ready_at + visit.min_visit;
  if (visit.summons == Summons::select) {
    // Only the limit of 4c takes a selected model away; without a limit it has one min_visit.
    return facts.starvation_limit == kOff ? std::optional(paid) : std::nullopt;
  }
  return facts.running == 0 ? visit.ready_at : paid;
}

}  // namespace

std::optional<Departure> plan_departure(const Visit& visit, const GateFacts& facts) {
  const bool somebody_came_for_this_visit = facts.front_number && *facts.front_number <= visit.present_up_to;
  if (somebody_came_for_this_visit) return std::nullopt;  // rule 7
  if (facts.selected) {
    return Departure{.to = *facts.selected, .cause = Cause::select, .at = visit.ready_at};
  }
  if (!facts.oldest_elsewhere) return std::nullopt;
  const auto to = facts.oldest_elsewhere->model;
  const auto paid = paid_off_at(visit, facts);
  const auto starved = starved_at(visit, facts);
  if (paid && (!starved || *paid <= *starved))
    return Departure{.to = to, .cause = Cause::waiters, .at = *paid};
  if (starved) return Departure{.to = to, .cause = Cause::starvation_limit, .at = *starved};
  return std::nullopt;
}

bool may_abandon(const LoadFacts& facts) {
  const bool every_waiter_left = facts.waiting_here == 0 && facts.left > 0 && facts.timed_out == 0;
  const bool young = facts.last_load && facts.age * 2 < *facts.last_load;
  return every_waiter_left && young && facts.wanted_elsewhere && !facts.wanted_by_operator &&
         !facts.previous_was_abandoned;
}

}  // namespace signalbox::sched
