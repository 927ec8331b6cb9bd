// Service classes: priority ahead within its model, flex only when it is in nobody's way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BusyWorld : public World {
 public:
  explicit BusyWorld(const Options& options) : World(options) {
    have_loaded("a");
    arrive("a0", "a");
    log();
  }
};

TEST(Priority, StartsAheadOfTheOthersOfItsModel) {
  BusyWorld world(models(1));
  world.arrive("flex", "a", kFlex);
  world.arrive("r1", "a");
  world.arrive("r2", "a", kPriority);
  EXPECT_EQ(world.status_of("r2")->position, 1U);
  EXPECT_EQ(world.status_of("r1")->position, 2U);
  EXPECT_EQ(world.status_of("flex")->position, 3U);
  world.answer("a0");
  world.answer("r2");
  world.answer("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r2", "start r1", "start flex"));
}

TEST(Priority, SharesTheQueueBound) {
  auto options = models(1);
  options.models[0].queue_size = 1;
  BusyWorld world(options);
  world.arrive("r1", "a");
  world.arrive("r2", "a", kPriority);
  EXPECT_THAT(world.log(), ElementsAre("refuse r2: queue_full"));
}

TEST(Priority, DoesNotCloseAGateEarlier) {
  BusyWorld world(models(2));
  world.arrive("a1", "a");
  world.arrive("b1", "b", kPriority);
  EXPECT_EQ(world.next_deadline_in(), 15s);
}

TEST(Priority, ComingLaterDoesNotKeepTheGateOpenPastTheLimit) {
  auto options = models(2);
  options.learning = Learning::fixed;
  World world(options);
  for (const auto* name : {"a1", "a2", "a3"}) world.arrive(name, "a");
  world.arrive("b1", "b");
  world.engine_becomes_ready();
  world.advance(20s);  // b1's limit has passed, and a2 and a3 were there at ready
  world.arrive("p1", "a", kPriority);
  world.log();
  world.answer("a1");
  world.answer("a2");
  EXPECT_THAT(world.log(), ElementsAre("start a2", "start a3"));
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.arrive("p2", "a", kPriority);
  world.answer("a3");
  world.answer("p1");
  EXPECT_THAT(world.log(), ElementsAre("start p1", "stop a")) << "p2 came after the gate closed";
}

TEST(Flex, RunsWhenItsModelIsActiveAnyway) {
  BusyWorld world(models(2));
  world.answer("a0");
  world.arrive("f1", "a", kFlex);
  EXPECT_THAT(world.log(), ElementsAre("start f1 at once"));
}

TEST(Flex, BringsItsModelOnlyWhenNobodyElseHasAnythingToDo) {
  BusyWorld world(models(2));
  world.arrive("f1", "b", kFlex);
  world.advance(60s);
  EXPECT_THAT(world.log(), IsEmpty());
  world.answer("a0");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
}

TEST(Flex, LetsEveryOtherModelGoFirst) {
  BusyWorld world(models(3));
  world.arrive("f1", "b", kFlex);
  world.advance(1s);
  world.arrive("c1", "c");
  world.answer("a0");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load c"));
}

TEST(Flex, OfTheActiveModelDoesNotHoldTheGateOpen) {
  auto options = models(2);
  BusyWorld world(options);
  world.arrive("f1", "a", kFlex);
  world.arrive("b1", "b");
  world.answer("a0");
  EXPECT_THAT(world.log(), ElementsAre("start f1"));
  world.arrive("f2", "a", kFlex);
  world.advance(1s);  // min_visit
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.answer("f1");
  EXPECT_THAT(world.log(), ElementsAre("stop a")) << "f2 yields";
}

TEST(Flex, CountsAsAStandardRequestAfterTheFlexLimit) {
  auto options = models(2);
  options.flex_limit = 100s;
  BusyWorld world(options);
  world.arrive("f1", "b", kFlex);
  for (int i = 0; i < 9; ++i) world.arrive("a" + std::to_string(i + 1), "a");
  world.log();
  world.advance(99s);
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  EXPECT_EQ(world.next_deadline_in(), 1s);
  world.advance(1s);
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: starvation_limit"))
      << "it has waited the limit long ago";
}

TEST(Flex, NeverCountsWhenTheLimitIsOff) {
  auto options = models(2);
  options.flex_limit = 0s;
  BusyWorld world(options);
  world.arrive("f1", "b", kFlex);
  world.advance(3600s);
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  EXPECT_FALSE(world.next_deadline_in());
}

TEST(Flex, HasItsOwnQueueBound) {
  auto options = models(1);
  options.models[0].queue_size = 1;
  options.models[0].flex_queue_size = 2;
  BusyWorld world(options);
  world.arrive("r1", "a");
  world.arrive("f1", "a", kFlex);
  world.arrive("f2", "a", kFlex);
  world.arrive("f3", "a", kFlex);
  EXPECT_THAT(world.log(), ElementsAre("refuse f3: queue_full"));
  EXPECT_EQ(world.shown("a").queue_length, 3U);
  EXPECT_EQ(world.shown("a").flex_queue_length, 2U);
}

TEST(Flex, LoadsItsModelWhenThereIsNoEngine) {
  World world(models(2));
  world.arrive("f1", "b", kFlex);
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST(Flex, KeepsAnIdleModelFromBeingUnloadedForNobody) {
  auto options = priced_models(2);
  options.min_visit_thousandths = 10'000;
  options.models[0].idle_unload = 5s;
  World world(options);
  world.select("a");
  world.engine_becomes_ready();
  world.log();
  world.arrive("f1", "b", kFlex);
  world.advance(49s);  // a was selected, so f1 waits for the end of its visit of 10 x (4 + 1) s
  EXPECT_THAT(world.log(), IsEmpty());
  world.advance(1s);
  EXPECT_THAT(world.switches(), testing::Contains("a -> b: waiters"));
}

TEST(OptionsChanged, TakesNewLimitsAtOnce) {
  auto options = models(2);
  BusyWorld world(options);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  EXPECT_EQ(world.next_deadline_in(), 15s);
  options.starvation_limit = 20s;
  options.models[1].queue_size = 1;
  world.change_options(options);
  EXPECT_EQ(world.next_deadline_in(), 20s);
  world.arrive("b2", "b");
  EXPECT_THAT(world.log(), ElementsAre("refuse b2: queue_full"));
}

TEST(OptionsChanged, LeavesThoseWhoWaitInAQueueThatBecameTooShort) {
  auto options = models(1);
  BusyWorld world(options);
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  options.models[0].queue_size = 0;
  world.change_options(options);
  EXPECT_THAT(world.log(), IsEmpty());
  world.answer("a0");
  world.answer("a1");
  EXPECT_THAT(world.log(), ElementsAre("start a1", "start a2"));
}

TEST(OptionsChanged, GivesAnEngineThatRunsNoMorePlacesThanItHas) {
  auto options = models(1);
  BusyWorld world(options);
  options.models[0].workers = 3;
  world.change_options(options);
  world.arrive("a1", "a", {.places = 2});
  EXPECT_THAT(world.log(), ElementsAre("refuse a1: too_many_places")) << "it would wait for ever";
}

}  // namespace
}  // namespace signalbox::sched
