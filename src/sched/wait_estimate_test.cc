// Rule 15: what a waiting client is told of the time until it starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::Optional;

std::optional<Duration> eta(const World& world, const std::string& name) {
  return world.status_of(name)->eta;
}

TEST(WaitEstimate, OfTheActiveModelIsThePlaceInItsQueue) {
  World world(priced_models(1));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  EXPECT_THAT(eta(world, "a1"), Optional(2s));
  EXPECT_THAT(eta(world, "a2"), Optional(4s));
}

TEST(WaitEstimate, SharesTheQueueAmongTheWorkers) {
  auto options = priced_models(1);
  options.models[0].workers = 4;
  World world(options);
  world.have_loaded("a");
  for (const auto* name : {"r1", "r2", "r3", "r4", "r5"}) world.arrive(name, "a");
  EXPECT_THAT(eta(world, "r5"), Optional(500ms));
}

TEST(WaitEstimate, OfAModelThatLoadsIsTheRestOfItsLoad) {
  World world(priced_models(1));
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  EXPECT_THAT(eta(world, "a1"), Optional(4s));
  EXPECT_THAT(eta(world, "a2"), Optional(6s)) << "one place: it starts when a1 is done";
  world.advance(3s);
  EXPECT_THAT(eta(world, "a1"), Optional(1s));
  world.advance(3s);
  EXPECT_THAT(eta(world, "a1"), Optional(0s)) << "a load that takes longer than it did";
}

TEST(WaitEstimate, OfAnotherModelHoldsTheDrainAndTheChange) {
  World world(priced_models(2));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("b1", "b");
  world.select("b");  // the gate is closed, a0 runs
  EXPECT_THAT(eta(world, "b1"), Optional(5s));
  world.advance(500ms);
  EXPECT_THAT(eta(world, "b1"), Optional(4500ms));
  world.answer("a0");
  EXPECT_THAT(eta(world, "b1"), Optional(4s)) << "the engine stops";
  world.advance(1s);
  world.engine_exits();
  EXPECT_THAT(eta(world, "b1"), Optional(3s)) << "its load has begun";
}

TEST(WaitEstimate, HoldsTheVisitsOfModelsWithOlderHeads) {
  World world(priced_models(3));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("b1", "b");
  world.arrive("b2", "b");
  world.arrive("c1", "c");
  world.select("b");
  // The drain of 1 s, b's change of 4 s, its second request after 2 s and its tail of 1 s, the own change.
  EXPECT_THAT(eta(world, "c1"), Optional(1s + 4s + 3s + 4s));
}

TEST(WaitEstimate, OfOneBehindAnOpenGateCountsUntilItCloses) {
  World world(priced_models(2));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  // a1 keeps the gate open until the limit of 1.5 x (7 + 7); by then it has been served. Then tail and
  // change.
  EXPECT_THAT(eta(world, "b1"), Optional(21s + 1s + 4s));
}

// A visit of a that b has waited 10 s to see the end of, one of b, and a is ready again with a2 running.
void have_waited_ten_seconds(World& world) {
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.advance(10s);
  world.answer("a1");  // b1 has waited for it 10 s, whatever the tail is
  world.advance(1s);
  world.engine_exits();
  world.advance(3s);
  world.engine_becomes_ready();  // a change to b takes 4 s
  world.arrive("a2", "a");
  world.advance(2s);
  world.answer("b1");  // and a2 2 s for b1
  world.engine_exits();
  world.advance(1s);
  world.engine_becomes_ready();
}

Options without_min_visit() {
  auto options = models(2);
  options.min_visit_thousandths = 0;
  return options;
}

TEST(WaitEstimate, CountsTheTailOfAVisitThatIsOver) {
  World world(without_min_visit());
  have_waited_ten_seconds(world);
  world.arrive("b2", "b");
  EXPECT_THAT(eta(world, "b2"), Optional(10s + 4s));
  world.advance(7s);
  EXPECT_THAT(eta(world, "b2"), Optional(3s + 4s));
}

// From when somebody waits for its end, not from when it began.
TEST(WaitEstimate, TakesAVisitToLastAsLongAsItUsuallyDoes) {
  World world(without_min_visit());
  have_waited_ten_seconds(world);
  world.arrive("a3", "a");  // keeps the gate open
  world.advance(2s);
  world.arrive("b2", "b");
  EXPECT_THAT(eta(world, "b2"), Optional(10s + 4s));
  world.advance(7s);
  EXPECT_THAT(eta(world, "b2"), Optional(3s + 4s));
}

TEST(WaitEstimate, IsLeftOutWhenAnythingItNeedsIsUnknown) {
  World world(models(2));
  world.arrive("a1", "a");
  EXPECT_FALSE(eta(world, "a1")) << "nothing has ever been loaded";
  world.advance(2s);
  world.engine_becomes_ready();
  world.arrive("b1", "b");
  EXPECT_FALSE(eta(world, "b1")) << "nobody knows how long a1 runs";
}

TEST(WaitEstimate, FollowsTheProgressOfAFirstLoad) {
  World world(models(1));
  world.arrive("a1", "a");
  world.advance(3s);
  world.engine_progresses(250);
  EXPECT_THAT(eta(world, "a1"), Optional(9s));
}

TEST(WaitEstimate, IsNotGivenToFlexRequestsThatGiveWay) {
  World world(priced_models(2));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("b1", "b", kFlex);
  EXPECT_FALSE(eta(world, "b1"));
  world.arrive("a1", "a", kFlex);
  EXPECT_THAT(eta(world, "a1"), Optional(2s)) << "its model is active anyway";
}

TEST(WaitEstimate, IsWhatARefusedClientIsToldToWait) {
  World world(priced_models(2));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("b1", "b");
  world.select("b");
  EXPECT_EQ(world.scheduler().retry_after(World::model_of("b")), 7s) << "the second of b: 1 + 4 + 2";
}

}  // namespace
}  // namespace signalbox::sched
