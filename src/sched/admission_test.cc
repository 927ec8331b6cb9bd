// Rules 1 to 3: who is let in, how many run at once, in which order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Admission, StartsAtOnceWithAFreePlaceAnOpenGateAndAnEmptyQueue) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
  const auto start = world.last<StartRequest>();
  EXPECT_EQ(start.epoch, world.epoch());
  EXPECT_EQ(start.wait_duration, 0s);
  EXPECT_EQ(start.switch_duration, 0s);
}

TEST(Admission, LoadsTheModelOfTheFirstRequest) {
  World world(models(2));
  world.arrive("r1", "b");
  EXPECT_THAT(world.log(), ElementsAre("load b"));
  world.advance(3s);
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start r1"));
  const auto start = world.last<StartRequest>();
  EXPECT_EQ(start.wait_duration, 3s);
  EXPECT_EQ(start.switch_duration, 3s);
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> b: waiters", "b is there"));
}

TEST(Admission, TurnsAwayWhatExceedsTheQueueOfAModelThatLoads) {
  auto options = models(1);
  options.models[0].queue_size = 2;
  World world(options);
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.arrive("r3", "a");
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse r3: queue_full"));
  EXPECT_EQ(world.last<RefuseRequest>().retry_after, 5s) << "it has never been loaded";
}

TEST(Admission, BoundsTheQueueOfTheActiveModelToo) {
  auto options = models(1);
  options.models[0].queue_size = 1;
  options.models[0].believed.service = 7s;
  options.learning = Learning::fixed;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.arrive("r3", "a");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "refuse r3: queue_full"));
  EXPECT_EQ(world.last<RefuseRequest>().retry_after, 14s) << "it would be the second in the queue";
}

TEST(Admission, BoundsEachQueueForItself) {
  auto options = models(3);
  options.models[1].queue_size = 1;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("b1", "b");
  world.arrive("b2", "b");
  world.arrive("c1", "c");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "refuse b2: queue_full"));
}

TEST(Admission, StartsWithAFreePlaceEvenWithoutAQueue) {
  auto options = models(1);
  options.models[0].queue_size = 0;
  World world(options);
  world.select("a");
  world.engine_becomes_ready();
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  EXPECT_THAT(world.log(),
              ElementsAre("select a: initiated", "load a", "start r1 at once", "refuse r2: queue_full"));
}

TEST(Admission, RefusesMorePlacesThanTheModelHas) {
  auto options = models(1);
  options.models[0].workers = 4;
  World world(options);
  world.arrive("r1", "a", {.places = 5});
  EXPECT_THAT(world.log(), ElementsAre("refuse r1: too_many_places"));
  EXPECT_EQ(world.last<RefuseRequest>().retry_after, 0s);
}

TEST(Admission, BelievesTheEngineAboutItsPlaces) {
  auto options = models(1);
  options.models[0].workers = 4;
  World world(options);
  world.arrive("r1", "a", {.places = 3});
  world.arrive("r2", "a", {.places = 2});
  world.engine_becomes_ready(2);
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse r1: too_many_places", "start r2"));
  EXPECT_EQ(world.shown().workers, 2U);
  world.arrive("r3", "a", {.places = 3});
  EXPECT_THAT(world.log(), ElementsAre("refuse r3: too_many_places"));
}

TEST(Admission, TakesAnEngineWithoutSlotsForOneWithOne) {
  World world(models(1));
  world.arrive("r1", "a");
  world.engine_becomes_ready(0);
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1"));
}

TEST(Admission, NeverUsesMorePlacesThanConfigured) {
  auto options = models(1);
  options.models[0].workers = 2;
  World world(options);
  for (const auto* name : {"r1", "r2", "r3"}) world.arrive(name, "a");
  world.engine_becomes_ready(16);
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1", "start r2"));
  world.answer("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r3"));
}

TEST(Admission, CountsAPlaceForEachSequence) {
  auto options = models(1);
  options.models[0].workers = 4;
  World world(options);
  world.arrive("r1", "a", {.places = 3});
  world.arrive("r2", "a", {.places = 2});
  world.engine_becomes_ready(4);
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1"));
  EXPECT_EQ(world.shown().workers_busy, 3U);
  world.answer("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r2"));
}

TEST(Admission, LetsNobodyPassALargeRequestAtTheHead) {
  auto options = models(1);
  options.models[0].workers = 4;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a", {.places = 2});
  world.arrive("large", "a", {.places = 4});
  world.arrive("small", "a", {.places = 1});
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
  world.answer("r1");
  EXPECT_THAT(world.log(), ElementsAre("start large"));
  world.answer("large");
  EXPECT_THAT(world.log(), ElementsAre("start small"));
}

TEST(Admission, ServesAModelFirstComeFirstServed) {
  World world(models(1));
  for (const auto* name : {"r1", "r2", "r3"}) world.arrive(name, "a");
  world.engine_becomes_ready();
  world.answer("r1");
  world.answer("r2");
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1", "start r2", "start r3"));
}

TEST(Admission, SaysHowLongAStartedRequestWaited) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.advance(4s);
  world.answer("r1");
  const auto start = world.last<StartRequest>();
  EXPECT_TRUE(start.waited);
  EXPECT_EQ(start.wait_duration, 4s);
  EXPECT_EQ(start.switch_duration, 0s) << "it waited for a place, not for a load";
}

TEST(Places, OfACancelledRequestAreFreeWhenTheEngineSaysSo) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.close("r1", Closing::cut);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
  EXPECT_EQ(world.shown().in_flight, 0U);
  EXPECT_EQ(world.shown().workers_busy, 1U);
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r2"));
}

TEST(Places, OfAnEngineThatBrokeOffAreHeldLikewise) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.close("r1", Closing::engine_broke);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r2"));
}

TEST(Places, AreNotFreedTwice) {
  auto options = models(1);
  options.models[0].workers = 2;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.arrive("r3", "a");
  world.arrive("r4", "a");
  world.close("r1", Closing::cut);
  world.close("r1", Closing::answered);
  world.free_places("r2");  // it still runs
  EXPECT_EQ(world.shown().workers_busy, 2U);
  world.free_places("r1");
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "start r2 at once", "start r3"));
}

TEST(Places, NewsOfAStrangerChangesNothing) {
  World world(models(1));
  world.have_loaded("a");
  world.answer("stranger");
  world.leave("stranger");
  world.free_places("stranger");
  EXPECT_THAT(world.log(), IsEmpty());
  EXPECT_FALSE(world.change());
}

TEST(Admission, FindsThingsAsThePassedDeadlinesLeftThem) {
  auto options = models(1);
  options.models[0].workers = 2;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.close("r1", Closing::cut);
  world.oversleep(5s);
  world.arrive("r2", "a");  // one place is free, but the engine hangs since this instant
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "kill a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load a")) << "r2 waits for the next one";
}

TEST(AdmissionDeathTest, AbortsOnNonsenseOfTheShell) {
  World world(models(1));
  EXPECT_DEATH(world.arrive("r1", "b"), "options_.models.size");
  EXPECT_DEATH(world.arrive("r1", "a", {.places = 0}), "places >= 1");
}

TEST(SchedulerDeathTest, AbortsWhenTimeGoesBack) {
  Scheduler scheduler(models(1));
  static_cast<void>(scheduler.step(DeadlinePassed{}, TimePoint(2s)));
  EXPECT_DEATH(static_cast<void>(scheduler.step(DeadlinePassed{}, TimePoint(1s))), "now >= now_");
}

TEST(SchedulerDeathTest, NeedsAModel) {
  EXPECT_DEATH(Scheduler(Options{}), "models.empty");
}

}  // namespace
}  // namespace signalbox::sched
