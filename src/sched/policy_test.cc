#include "sched/policy.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kReady{1000s};
constexpr ModelIndex kOther(7);

Visit visit() {
  return {.ready_at = kReady,
          .min_visit = 10s,
          .present_up_to = 100,
          .switch_duration = 0s,
          .idle_since = kReady};
}

// Somebody waits elsewhere since ready, nothing runs and nobody is queued here.
GateFacts facts() {
  return {.starvation_limit = 15s,
          .running = 0,
          .front_number = std::nullopt,
          .oldest_elsewhere = Head{.model = kOther, .arrived = kReady},
          .selected = std::nullopt};
}

void expect_departure(const std::optional<Departure>& planned, Cause cause, Duration after_ready) {
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->to, kOther);
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
  given.front_number = 101;
  expect_departure(plan_departure(visit(), given), Cause::starvation_limit, 15s);
}

TEST(PlanDeparture, TakesTheLimitFirstWhenItComesFirst) {
  auto given = facts();
  given.running = 1;
  given.oldest_elsewhere->arrived = kReady - 9s;
  expect_departure(plan_departure(visit(), given), Cause::starvation_limit, 6s);
}

TEST(PlanDeparture, HasNoLimitWhenItIsOff) {
  auto given = facts();
  given.starvation_limit = 0s;
  given.running = 1;
  given.front_number = 101;
  EXPECT_FALSE(plan_departure(visit(), given));
  given.front_number.reset();
  expect_departure(plan_departure(visit(), given), Cause::waiters, 10s);
}

TEST(PlanDeparture, NeverComesBeforeThoseWhoWaitedAtReadyHaveStarted) {
  auto given = facts();
  given.front_number = 100;
  given.oldest_elsewhere->arrived = kReady - 1000s;
  EXPECT_FALSE(plan_departure(visit(), given));
  given.selected = kOther;
  EXPECT_FALSE(plan_departure(visit(), given));
}

TEST(PlanDeparture, ObeysASelectAtOnceWhateverIsQueued) {
  auto given = facts();
  given.running = 3;
  given.front_number = 101;
  given.oldest_elsewhere.reset();
  given.selected = kOther;
  expect_departure(plan_departure(visit(), given), Cause::select, 0s);
}

TEST(PlanDeparture, LeavesASelectedModelOnlyAtTheLimitCountedFromReady) {
  auto selected = visit();
  selected.summons = Summons::select;
  auto given = facts();
  given.oldest_elsewhere->arrived = kReady - 14s;
  expect_departure(plan_departure(selected, given), Cause::starvation_limit, 15s);
  given.oldest_elsewhere->arrived = kReady + 3s;
  expect_departure(plan_departure(selected, given), Cause::starvation_limit, 18s);
}

TEST(PlanDeparture, GivesASelectedModelOneMinVisitWithoutALimit) {
  auto selected = visit();
  selected.summons = Summons::select;
  auto given = facts();
  given.starvation_limit = 0s;
  expect_departure(plan_departure(selected, given), Cause::waiters, 10s);
  given.front_number = 101;
  EXPECT_FALSE(plan_departure(selected, given));
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
