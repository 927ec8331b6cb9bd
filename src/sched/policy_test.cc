#include "sched/policy.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kReady{1000s};

Visit visit() {
  return {.ready_at = kReady,
          .min_visit = 10s,
          .present_up_to = 100,
          .switch_duration = 0s,
          .idle_since = kReady};
}

// Somebody waits elsewhere since ready, nothing runs and nobody is queued here.
GateFacts facts() {
  return {.limit = 15s, .oldest_elsewhere = kReady};
}

void expect_departure(const std::optional<Departure>& planned, Cause cause, Duration after_ready) {
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->cause, cause) << name_of(planned->cause);
  EXPECT_EQ(planned->at - kReady, after_ready);
}

TEST(PlanDeparture, StaysWhenNobodyWaitsElsewhere) {
  auto given = facts();
  given.oldest_elsewhere.reset();
  EXPECT_FALSE(plan_departure(visit(), given));
}

TEST(PlanDeparture, LeavesAtOnceWhenNothingRuns) {
  expect_departure(plan_departure(visit(), facts()), Cause::waiters, 0s);
}

TEST(PlanDeparture, PaysForItsSwitchWhileSomethingRuns) {
  auto given = facts();
  given.running = 1;
  expect_departure(plan_departure(visit(), given), Cause::waiters, 10s);
}

TEST(PlanDeparture, WaitsForTheLimitWhileItsOwnQueueIsNotEmpty) {
  auto given = facts();
  given.running = 1;
  given.waiting_here = 1;
  expect_departure(plan_departure(visit(), given), Cause::starvation_limit, 15s);
}

TEST(PlanDeparture, TakesTheLimitFirstWhenItComesFirst) {
  auto given = facts();
  given.running = 1;
  given.oldest_elsewhere = kReady - 9s;
  expect_departure(plan_departure(visit(), given), Cause::starvation_limit, 6s);
}

TEST(PlanDeparture, HasNoLimitWhenItIsOff) {
  auto given = facts();
  given.limit = 0s;
  given.running = 1;
  given.waiting_here = 1;
  EXPECT_FALSE(plan_departure(visit(), given));
  given.waiting_here = 0;
  expect_departure(plan_departure(visit(), given), Cause::waiters, 10s);
}

TEST(PlanDeparture, NeverComesBeforeThoseWhoWaitedAtReadyHaveStarted) {
  auto given = facts();
  given.waiting_here = 1;
  given.present_ones_wait = true;
  given.oldest_elsewhere = kReady - 1000s;
  EXPECT_FALSE(plan_departure(visit(), given));
  given.is_selected_elsewhere = true;
  EXPECT_FALSE(plan_departure(visit(), given));
}

TEST(PlanDeparture, ObeysASelectAtOnceWhateverIsQueued) {
  auto given = facts();
  given.running = 3;
  given.waiting_here = 1;
  given.oldest_elsewhere.reset();
  given.is_selected_elsewhere = true;
  expect_departure(plan_departure(visit(), given), Cause::select, 0s);
}

TEST(PlanDeparture, LeavesASelectedModelOnlyAtTheLimitCountedFromReady) {
  auto selected = visit();
  selected.summons = Summons::select;
  auto given = facts();
  given.oldest_elsewhere = kReady - 14s;
  expect_departure(plan_departure(selected, given), Cause::starvation_limit, 15s);
  given.oldest_elsewhere = kReady + 3s;
  expect_departure(plan_departure(selected, given), Cause::starvation_limit, 18s);
}

TEST(PlanDeparture, GivesASelectedModelOneMinVisitWithoutALimit) {
  auto selected = visit();
  selected.summons = Summons::select;
  auto given = facts();
  given.limit = 0s;
  expect_departure(plan_departure(selected, given), Cause::waiters, 10s);
  given.waiting_here = 1;
  EXPECT_FALSE(plan_departure(selected, given));
}

TEST(PlanDeparture, GoesToFlexWaitersOnlyWhenNobodyElseHasAnythingToDo) {
  auto given = facts();
  given.oldest_elsewhere.reset();
  given.flex_waits_elsewhere = true;
  expect_departure(plan_departure(visit(), given), Cause::waiters, 0s);
  given.running = 1;
  EXPECT_FALSE(plan_departure(visit(), given));
  given.running = 0;
  given.waiting_here = 1;
  EXPECT_FALSE(plan_departure(visit(), given));
  given.waiting_here = 0;
  given.flex_waiting_here = 1;
  EXPECT_FALSE(plan_departure(visit(), given));
}

TEST(PlanDeparture, GivesASelectedModelOneMinVisitBeforeFlexWaitersTakeItAway) {
  auto selected = visit();
  selected.summons = Summons::select;
  auto given = facts();
  given.oldest_elsewhere.reset();
  given.flex_waits_elsewhere = true;
  expect_departure(plan_departure(selected, given), Cause::waiters, 10s);
}

TEST(StarvedAt, LooksAtNothingButTheOldestElsewhere) {
  auto given = facts();
  given.present_ones_wait = true;
  EXPECT_EQ(starved_at(visit(), given), kReady + 15s);
  given.limit = 0s;
  EXPECT_FALSE(starved_at(visit(), given));
}

Candidate candidate(Wide ages_us, Duration cost) {
  return {.model = ModelIndex(0), .sum_of_ages = ages_us, .cost = cost};
}

TEST(IsWorthMore, WeighsAgeAgainstCost) {
  EXPECT_TRUE(is_worth_more(candidate(11, 1us), candidate(10, 1us)));
  EXPECT_TRUE(is_worth_more(candidate(10, 9us), candidate(11, 10us)));
  EXPECT_FALSE(is_worth_more(candidate(10, 10us), candidate(11, 10us)));
}

TEST(IsWorthMore, LeavesATieToTheOrder) {
  EXPECT_FALSE(is_worth_more(candidate(10, 2us), candidate(5, 1us)));
  EXPECT_FALSE(is_worth_more(candidate(5, 1us), candidate(10, 2us)));
}

TEST(IsWorthMore, TakesAnUnknownCostForTheSmallest) {
  EXPECT_FALSE(is_worth_more(candidate(10, 0us), candidate(11, 0us)));
  EXPECT_TRUE(is_worth_more(candidate(11, 0us), candidate(10, 0us)));
}

TEST(IsWorthMore, DoesNotOverflow) {
  const Wide long_ago = static_cast<Wide>(9'000'000'000'000'000'000);
  EXPECT_TRUE(is_worth_more(candidate(long_ago * 2, 100h), candidate(long_ago, 100h)));
}

// A load that may be abandoned; each test takes one condition away.
LoadFacts hopeless_load() {
  return {.age = 4s,
          .last_load = 10s,
          .waiting_here = 0,
          .left = 2,
          .timed_out = 0,
          .wanted_by_operator = false,
          .wanted_elsewhere = true,
          .previous_was_abandoned = false};
}

TEST(MayAbandon, WhenEveryConditionHolds) {
  EXPECT_TRUE(may_abandon(hopeless_load()));
}

TEST(MayAbandon, NotWhileSomebodyWaitsForIt) {
  auto load = hopeless_load();
  load.waiting_here = 1;
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotWhenNobodyEverWaitedForIt) {
  auto load = hopeless_load();
  load.left = 0;
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotWhenAWaiterTimedOut) {
  auto load = hopeless_load();
  load.timed_out = 1;
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotWhenAnOperatorWantsIt) {
  auto load = hopeless_load();
  load.wanted_by_operator = true;
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotWhenNobodyElseWaits) {
  auto load = hopeless_load();
  load.wanted_elsewhere = false;
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotWhenHalfOfItIsDone) {
  auto load = hopeless_load();
  load.age = 5s;
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotWhenItHasNeverBeenMeasured) {
  auto load = hopeless_load();
  load.last_load.reset();
  EXPECT_FALSE(may_abandon(load));
}

TEST(MayAbandon, NotTwiceInARow) {
  auto load = hopeless_load();
  load.previous_was_abandoned = true;
  EXPECT_FALSE(may_abandon(load));
}

TEST(Cause, IsNamedAsTheLogAndMetricsSayIt) {
  EXPECT_EQ(name_of(Cause::waiters), "waiters");
  EXPECT_EQ(name_of(Cause::starvation_limit), "starvation_limit");
  EXPECT_EQ(name_of(Cause::select), "select");
  EXPECT_EQ(name_of(Cause::default_model), "default_model");
  EXPECT_EQ(name_of(Cause::reload), "reload");
}

}  // namespace
}  // namespace signalbox::sched
