// Rules 12 to 14: clients that go, waits and drains that are bounded, a model nobody uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ClientGone, WhileWaitingMovesTheOthersUp) {
  World world(models(1));
  for (const auto* name : {"r1", "r2", "r3"}) world.arrive(name, "a");
  world.leave("r2");
  EXPECT_EQ(world.status_of("r3")->position, 2U);
  EXPECT_EQ(world.status_of("r3")->queue_length, 2U);
  EXPECT_EQ(world.shown("a").queue_length, 2U);
  world.engine_becomes_ready();
  world.answer("r1");
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1", "start r3"));
}

TEST(ClientGone, JustWhenItsRequestStartedGivesThePlaceBack) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.leave("r1");  // the news crossed the start
  EXPECT_EQ(world.shown().in_flight, 0U);
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "start r2"));
}

TEST(ClientGone, BeforeAnythingRanLeavesNothingBehind) {
  World world(models(1));
  world.arrive("r1", "a");
  world.close("r1", Closing::cut);
  EXPECT_TRUE(world.all_ended());
  EXPECT_EQ(world.shown("a").queue_length, 0U);
}

TEST(ClientGone, InTheInstantOfItsTimeoutIsNotRefusedAnyMore) {
  World world(models(1));
  world.arrive("r1", "a", {.mode = AnswerMode::whole});
  world.arrive("r2", "a", {.mode = AnswerMode::whole});
  world.oversleep(30s);
  world.leave("r1");
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse r2: wait_timeout"));
}

TEST(ClientGone, InTheInstantOfTheKillIsNotAbortedAnyMore) {
  auto options = models(1);
  options.models[0].workers = 3;
  World world(options);
  world.have_loaded("a");
  for (const auto* name : {"r1", "r2", "r3"}) world.arrive(name, "a");
  world.close("r1", Closing::cut);
  world.log();
  world.oversleep(5s);
  world.close("r2", Closing::cut);
  EXPECT_THAT(world.log(), ElementsAre("abort r3: engine_hung", "kill a"));
}

// "b" has been loaded in 10 s before; now it loads again from "a" for one waiter, and "a1" waits too.
class AbandonTest : public testing::Test {
 protected:
  AbandonTest() {
    world_.have_loaded("b", 10s);
    world_.have_loaded("a", 10s);
    begin("b1", "b");
    world_.arrive("a1", "a");
  }
  void begin(const std::string& name, std::string_view model) {
    world_.arrive(name, model);
    world_.engine_exits();
    EXPECT_EQ(world_.shown().status, ServerStatus::loading);
    world_.log();
    world_.switches();
  }

  World world_{models(2)};
};

TEST_F(AbandonTest, HappensWhenEveryWaiterHasGoneAndAnotherModelWaits) {
  world_.advance(4999ms);
  world_.leave("b1");
  EXPECT_THAT(world_.log(), ElementsAre("kill b"));
  EXPECT_EQ(world_.shown().status, ServerStatus::switching);
  EXPECT_EQ(world_.shown("b").status, ModelStatus::stopping);
  EXPECT_EQ(world_.shown("b").last_error, std::nullopt);
  world_.engine_exits();
  EXPECT_THAT(world_.log(), ElementsAre("load a"));
  EXPECT_THAT(world_.switches(),
              ElementsAre("b called off: abandoned: every client that waited for it has gone",
                          "nothing -> a: waiters"));
}

TEST_F(AbandonTest, DoesNotHappenWhenHalfOfTheLoadIsDone) {
  world_.advance(5s);
  world_.leave("b1");
  EXPECT_THAT(world_.log(), IsEmpty());
  world_.engine_becomes_ready();
  EXPECT_THAT(world_.log(), ElementsAre("stop b")) << "loaded for nothing, then left for a1";
}

TEST_F(AbandonTest, DoesNotHappenWhenAWaiterTimedOut) {
  world_.leave("b1");
  world_.engine_exits();  // abandoned, "a" loads
  world_.engine_becomes_ready();
  world_.answer("a1");
  world_.have_loaded("b", 100s);
  world_.have_loaded("a", 100s);
  world_.arrive("b2", "b", {.mode = AnswerMode::whole});
  world_.arrive("b3", "b");
  world_.engine_exits();
  world_.arrive("a2", "a");
  world_.advance(30s);
  world_.log();
  world_.leave("b3");
  EXPECT_THAT(world_.log(), IsEmpty()) << "the retry of b2 shall find it";
}

TEST_F(AbandonTest, DoesNotHappenWhenItIsSelected) {
  world_.select("b");
  world_.leave("b1");
  EXPECT_THAT(world_.log(), ElementsAre("select b: in_progress"));
}

TEST_F(AbandonTest, DoesNotHappenWhenNobodyElseWaits) {
  world_.leave("a1");
  world_.leave("b1");
  EXPECT_THAT(world_.log(), IsEmpty());
  world_.arrive("a2", "a");
  EXPECT_THAT(world_.log(), ElementsAre("kill b")) << "until somebody does";
}

TEST_F(AbandonTest, DoesNotHappenTwiceInARow) {
  world_.leave("b1");
  world_.arrive("b2", "b");
  world_.engine_exits();
  world_.leave("a1");
  EXPECT_THAT(world_.log(), ElementsAre("kill b", "load a"));
  world_.engine_becomes_ready();
  world_.engine_exits();
  EXPECT_THAT(world_.log(), ElementsAre("stop a", "load b"));
  world_.arrive("a2", "a");
  world_.leave("b2");
  EXPECT_THAT(world_.log(), ElementsAre("kill b")) << "the load before was not abandoned";
}

TEST(Abandon, NeverHappensToAModelThatHasNotLoadedBefore) {
  World world(models(2));
  world.arrive("b1", "b");
  world.arrive("a1", "a");
  world.leave("b1");
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST(Abandon, NeverHappensToTheDefaultModel) {
  auto options = models(2);
  options.default_model = ModelIndex(1);
  World world(options);
  world.poke();
  world.arrive("b1", "b");
  world.arrive("a1", "a");
  world.leave("b1");
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST(WaitTimeout, EndsAnAnswerInOnePieceButNotAStream) {
  World world(models(1));
  world.arrive("stream", "a");
  world.arrive("whole", "a", {.mode = AnswerMode::whole});
  world.advance(30s);
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse whole: wait_timeout"));
  EXPECT_EQ(world.last<RefuseRequest>().retry_after, 5s);
  world.advance(200s);
  EXPECT_EQ(world.shown().status, ServerStatus::loading) << "the retry shall find it";
  EXPECT_EQ(world.shown("a").queue_length, 1U);
}

TEST(WaitTimeout, CountsFromArrivalToStart) {
  World world(models(1));
  world.arrive("r1", "a", {.mode = AnswerMode::whole});
  world.advance(29s);
  world.engine_becomes_ready();
  world.advance(100s);
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1"));
}

TEST(WaitTimeout, OfStreamsHoldsWhereItIsSet) {
  auto options = models(1);
  options.models[0].stream_wait_timeout = 2s;
  options.models[0].wait_timeout = 0s;
  World world(options);
  world.arrive("whole", "a", {.mode = AnswerMode::whole});
  world.arrive("stream", "a");
  world.advance(60s);
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse stream: wait_timeout"));
}

TEST(Hang, IsSilenceOfAllThatRuns) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.close("r1", Closing::engine_silent);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "kill a"));
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_EQ(world.shown().last_error, "the engine sent nothing for too long");
  world.engine_exits("killed by signal 9");
  EXPECT_THAT(world.log(), ElementsAre("load a")) << "r2 waits";
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> a: reload"));
}

TEST(Hang, IsNotTheSilenceOfOne) {
  auto options = models(1);
  options.models[0].workers = 2;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.close("r1", Closing::engine_silent);
  world.free_places("r1");
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  world.close("r2", Closing::engine_silent);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "start r2 at once", "kill a"));
}

TEST(Hang, IsAPlaceThatDoesNotBecomeFree) {
  auto options = models(1);
  options.models[0].workers = 2;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.close("r1", Closing::cut);
  EXPECT_EQ(world.next_deadline_in(), 5s);
  world.advance(5s);
  EXPECT_THAT(world.log(),
              ElementsAre("start r1 at once", "start r2 at once", "abort r2: engine_hung", "kill a"));
}

TEST(Hang, DoesNotComeOfAPlaceFreedInTime) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.close("r1", Closing::cut);
  world.advance(4999ms);
  world.free_places("r1");
  world.advance(10s);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
}

TEST(Hang, DoesNotComeOfAShellThatHeardOfTheFreePlaceLate) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.close("r1", Closing::cut);
  world.oversleep(6s);
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
}

TEST(Hang, CountsAsADeathOfTheEngine) {
  World world(models(1));
  for (int i = 0; i < 3; ++i) {
    world.have_loaded("a");
    world.arrive("r1", "a");
    world.close("r1", Closing::engine_silent);
    if (i < 2) world.engine_exits("killed");
  }
  EXPECT_EQ(world.shown("a").quarantined_for, 5s);
  world.engine_exits("killed", 1000);
  EXPECT_EQ(world.shown("a").quarantined_for, 6250ms);
}

TEST(Hang, DoesNotLengthenAnOldQuarantine) {
  World world(models(1));
  world.arrive("r0", "a");
  world.engine_exits("broken");
  world.advance(5s);
  world.arrive("r1", "a");
  world.engine_becomes_ready();
  world.close("r1", Closing::engine_silent);
  world.engine_exits("killed", 1000);
  EXPECT_EQ(world.shown("a").status, ModelStatus::unloaded);
}

TEST(Hang, WhileDrainingLetsTheSwitchGoOn) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.advance(119s);
  world.close("a1", Closing::engine_silent);
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "kill a"));
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b"));
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: waiters"));
}

TEST(Drain, IsOverWhenTheLastOneIsCut) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.close("a1", Closing::cut);
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "stop a")) << "its place ends with the engine";
  world.free_places("a1");
  world.advance(4s);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST(IdleUnload, StopsAModelNobodyUses) {
  auto options = models(1);
  options.models[0].idle_unload = 60s;
  World world(options);
  world.have_loaded("a");
  world.advance(59s);
  world.arrive("r1", "a");
  world.advance(100s);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once")) << "it is in use";
  world.answer("r1");
  EXPECT_EQ(world.next_deadline_in(), 60s);
  world.advance(60s);
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
  EXPECT_EQ(world.shown("a").status, ModelStatus::stopping);
  world.engine_exits();
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
  EXPECT_EQ(world.shown("a").status, ModelStatus::unloaded);
  EXPECT_THAT(world.switches(), IsEmpty());
}

TEST(IdleUnload, IsOffByDefault) {
  World world(models(1));
  world.have_loaded("a");
  EXPECT_FALSE(world.next_deadline_in());
}

TEST(IdleUnload, BringsTheModelBackForOneWhoCameMeanwhile) {
  auto options = models(1);
  options.models[0].idle_unload = 60s;
  World world(options);
  world.have_loaded("a");
  world.advance(60s);
  world.arrive("r1", "a");
  EXPECT_EQ(world.status_of("r1")->status, WaitStatus::waiting_for_model);
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load a", "start r1"));
}

TEST(IdleUnload, OfAnEngineThatWillNotStopEndsInAKill) {
  auto options = models(1);
  options.models[0].idle_unload = 60s;
  World world(options);
  world.have_loaded("a");
  world.advance(65s);
  EXPECT_THAT(world.log(), ElementsAre("stop a", "kill a"));
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
}

}  // namespace
}  // namespace signalbox::sched
