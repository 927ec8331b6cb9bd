// Rule 11 with `replay: once`: an engine that goes takes nothing from clients that have had nothing yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;

Options replaying(std::uint32_t workers) {
  auto options = models(2);
  options.replay = Replay::once;
  options.models[0].workers = workers;
  return options;
}

TEST(Replay, PutsThoseWithoutAByteBackAtTheHead) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.arrive("r3", "a");
  world.begin_answer("r1");
  world.log();
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("abort r1: engine_died", "requeue r2", "load a"));
  EXPECT_EQ(world.status_of("r2")->position, 1U);
  EXPECT_EQ(world.status_of("r3")->position, 2U);
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start r2", "start r3"));
}

TEST(Replay, HappensOnce) {
  World world(replaying(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.engine_exits();
  world.engine_becomes_ready();
  world.log();
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("abort r1: engine_died"));
  EXPECT_TRUE(world.all_ended());
}

TEST(Replay, IsOffUnlessAskedFor) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.log();
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("abort r1: engine_died"));
}

TEST(Replay, ComesAfterAHangToo) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.log();
  world.close("r1", Closing::cut);  // its place is not freed in time
  world.advance(5s);
  EXPECT_THAT(world.log(), ElementsAre("requeue r2", "kill a"));
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r2"));
}

TEST(Replay, GivesTheSecondWaitItsOwnPatience) {
  auto options = replaying(1);
  options.models[0].wait_timeout = 30s;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a", {.mode = AnswerMode::whole});
  world.advance(40s);
  world.engine_exits();
  EXPECT_TRUE(world.status_of("r1"));
  world.log();
  world.advance(30s);
  EXPECT_THAT(world.log(), ElementsAre("refuse r1: wait_timeout"));
}

TEST(Replay, EndsWithTheQuarantineOfAModelThatKeepsDying) {
  World world(replaying(1));
  world.arrive("r1", "a");
  for (int death = 0; death < 2; ++death) {
    world.engine_becomes_ready();
    world.engine_exits();
    world.arrive("again" + std::to_string(death), "a");
  }
  world.engine_becomes_ready();
  world.log();
  world.engine_exits("it crashed");
  EXPECT_THAT(world.log(), testing::Contains("refuse again1: model_load_failed"));
  EXPECT_TRUE(world.all_ended());
  EXPECT_EQ(world.shown("a").status, ModelStatus::quarantined);
}

TEST(Replay, DoesNotHoldUpAShutdown) {
  auto options = replaying(1);
  options.shutdown_grace = 10s;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.stop();
  world.log();
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("abort r1: engine_died", "stopped"));
}

// What the shell says while the engine's end is on its way: its connection is gone before it is.
TEST(LostAnswer, ComesAgainAfterTheDeath) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.lose_answer("r1", Closing::engine_broke);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("requeue r1", "load a"));
  world.engine_becomes_ready();
  world.answer("r1");
  EXPECT_TRUE(world.all_ended());
}

TEST(LostAnswer, KeepsNewOnesFromAnEngineThatMayBeDying) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.lose_answer("r1", Closing::engine_broke);
  world.log();
  world.arrive("r2", "a");
  EXPECT_THAT(world.log(), ElementsAre());
  world.close("r1", Closing::cut);  // the engine lives after all
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r2"));
}

TEST(LostAnswer, OfAllThatRunIsAHang) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.log();
  world.lose_answer("r1", Closing::engine_silent);
  EXPECT_THAT(world.log(), ElementsAre()) << "the other one may still be heard of";
  world.lose_answer("r2", Closing::engine_silent);
  EXPECT_THAT(world.log(), ElementsAre("requeue r1", "requeue r2", "kill a"));
}

TEST(LostAnswer, IsSavedByAHangThatAnotherOneShows) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.begin_answer("r2");
  world.lose_answer("r1", Closing::engine_silent);
  world.log();
  world.close("r2", Closing::engine_silent);
  EXPECT_THAT(world.log(), ElementsAre("requeue r1", "kill a"));
}

TEST(LostAnswer, IsDecidedInTime) {
  World world(replaying(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.begin_answer("r2");
  world.lose_answer("r1", Closing::engine_broke);
  world.log();
  world.advance(5s);
  EXPECT_THAT(world.log(), ElementsAre("requeue r1", "abort r2: engine_hung", "kill a"));
}

TEST(LostAnswer, OfTheSecondTryIsAnError) {
  World world(replaying(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.engine_exits();
  world.engine_becomes_ready();
  world.lose_answer("r1", Closing::engine_silent);
  EXPECT_THAT(world.log(), testing::Contains("abort r1: engine_hung"));
  EXPECT_TRUE(world.all_ended());
}

TEST(LostAnswer, KeepsTheDrainWaiting) {
  World world(replaying(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "b");
  world.select("b");
  world.lose_answer("r1", Closing::engine_broke);
  world.log();
  world.advance(1s);
  EXPECT_THAT(world.log(), ElementsAre()) << "its engine is not told to stop under it";
  world.engine_exits();
  EXPECT_THAT(world.log(), testing::Contains("requeue r1"));
}

TEST(LostAnswer, EndsWithTheShutdown) {
  World world(replaying(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.lose_answer("r1", Closing::engine_broke);
  world.stop();
  world.log();
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("abort r1: engine_died", "stopped"));
}

}  // namespace
}  // namespace signalbox::sched
