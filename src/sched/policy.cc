#include "sched/policy.h"

#include <algorithm>

namespace signalbox::sched {

namespace {
constexpr Duration kOff{0};
}  // namespace

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

// For a selected model the others' patience counts from its ready (rule 9).
std::optional<TimePoint> starved_at(const Visit& visit, const GateFacts& facts) {
  if (facts.limit == kOff || !facts.oldest_elsewhere) return std::nullopt;
  const auto arrived = *facts.oldest_elsewhere;
  const auto since = visit.summons == Summons::select ? std::max(arrived, visit.ready_at) : arrived;
  return since + facts.limit;
}

namespace {

// Rule 4a.
std::optional<TimePoint> paid_off_at(const Visit& visit, const GateFacts& facts) {
  if (facts.waiting_here > 0) return std::nullopt;
  const auto paid = visit.ready_at + visit.min_visit;
  if (visit.summons == Summons::select) {
    // Only the limit of 4c takes a selected model away; without a limit it has one min_visit.
    return facts.limit == kOff ? std::optional(paid) : std::nullopt;
  }
  return facts.running == 0 ? visit.ready_at : paid;
}

// Flex waiters elsewhere are served only when nobody else has anything to do.
std::optional<TimePoint> left_for_flex_at(const Visit& visit, const GateFacts& facts) {
  const bool is_busy = facts.running > 0 || facts.waiting_here > 0 || facts.flex_waiting_here > 0;
  if (!facts.flex_waits_elsewhere || is_busy) return std::nullopt;
  return visit.summons == Summons::select ? visit.ready_at + visit.min_visit : visit.ready_at;
}

}  // namespace

std::optional<Departure> plan_departure(const Visit& visit, const GateFacts& facts) {
  if (facts.present_ones_wait) return std::nullopt;  // rule 7
  if (facts.is_selected_elsewhere) return Departure{.cause = Cause::select, .at = visit.ready_at};
  if (!facts.oldest_elsewhere) {
    const auto left = left_for_flex_at(visit, facts);
    return left ? std::optional(Departure{.cause = Cause::waiters, .at = *left}) : std::nullopt;
  }
  const auto paid = paid_off_at(visit, facts);
  const auto starved = starved_at(visit, facts);
  if (paid && (!starved || *paid <= *starved)) return Departure{.cause = Cause::waiters, .at = *paid};
  if (starved) return Departure{.cause = Cause::starvation_limit, .at = *starved};
  return std::nullopt;
}

bool is_worth_more(const Candidate& one, const Candidate& other) {
  const auto at_least_1us = [](Duration cost) { return std::max<std::int64_t>(cost.count(), 1); };
  return one.sum_of_ages * at_least_1us(other.cost) > other.sum_of_ages * at_least_1us(one.cost);
}

bool may_abandon(const LoadFacts& facts) {
  const bool every_waiter_left = facts.waiting_here == 0 && facts.left > 0 && facts.timed_out == 0;
  const bool young = facts.last_load && facts.age * 2 < *facts.last_load;
  return every_waiter_left && young && facts.wanted_elsewhere && !facts.wanted_by_operator &&
         !facts.previous_was_abandoned;
}

}  // namespace signalbox::sched
