// Rule 17: the server stops, whatever it was doing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Shutdown, FromNothingIsImmediate) {
  World world(models(1));
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Shutdown, IsSaidOnce) {
  World world(models(1));
  world.stop();
  world.stop();
  world.advance(1min);
  world.poke();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Shutdown, AdmitsNobody) {
  World world(models(1));
  world.have_loaded("a");
  world.stop();
  world.arrive("r1", "a");
  EXPECT_THAT(world.log(), ElementsAre("stop a", "refuse r1: shutting_down"));
  world.engine_exits();
  world.arrive("r2", "a");
  EXPECT_THAT(world.log(), ElementsAre("stopped", "refuse r2: shutting_down"));
}

TEST(Shutdown, WhileLoadingKillsTheLoad) {
  World world(models(1));
  world.arrive("r1", "a");
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse r1: shutting_down", "kill a"));
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> a: waiters", "a called off: the server shuts down"));
}

TEST(Shutdown, WhileAFileIsLookedAtForgetsIt) {
  World world(models(1), Checks::by_hand);
  world.arrive("r1", "a");
  world.stop();
  world.file_turns_out_good("a");
  EXPECT_THAT(world.log(), ElementsAre("check a", "refuse r1: shutting_down", "stopped"));
}

TEST(Shutdown, LetsTheRunningOnesFinish) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.arrive("b1", "b");
  world.stop();
  EXPECT_THAT(world.log(),
              ElementsAre("start r1 at once", "refuse r2: shutting_down", "refuse b1: shutting_down"));
  EXPECT_EQ(world.shown("a").status, ModelStatus::draining);
  world.advance(29s);
  world.answer("r1");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Shutdown, AbortsWhatRunsAfterTheGrace) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.stop();
  EXPECT_EQ(world.next_deadline_in(), 30s);
  world.advance(30s);
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "abort r1: shutting_down", "stop a"));
  world.advance(5s);
  EXPECT_THAT(world.log(), ElementsAre("kill a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Shutdown, WithoutGraceAbortsAtOnce) {
  auto options = models(1);
  options.shutdown_grace = 0s;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "abort r1: shutting_down", "stop a"));
}

TEST(Shutdown, WhileDrainingForASwitchLoadsNothingMore) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.stop();
  world.answer("a1");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "refuse b1: shutting_down", "stop a", "stopped"));
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: waiters", "b called off: the server shuts down"));
}

TEST(Shutdown, WhileStoppingWaitsForTheExit) {
  World world(models(2));
  world.have_loaded("a");
  world.select("b");
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("select b: initiated", "stop a"));
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Shutdown, WhileKillingWaitsForTheExit) {
  World world(models(1));
  world.arrive("r1", "a");
  world.advance(300s);
  world.stop();
  world.log();
  world.advance(5s);
  EXPECT_THAT(world.log(), ElementsAre("kill a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Shutdown, IsNotHeldUpByAPlaceThatIsNotFree) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.close("r1", Closing::cut);
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "stop a"));
}

TEST(Shutdown, WhenTheEngineDiesMeanwhileIsDone) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.stop();
  world.engine_exits("died");
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "abort r1: engine_died", "stopped"));
}

TEST(Shutdown, WhenTheEngineHangsMeanwhileKillsIt) {
  World world(models(1));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.stop();
  world.close("r1", Closing::engine_silent);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("start r1 at once", "kill a", "stopped"));
}

TEST(Shutdown, ForgetsTheDefaultModel) {
  auto options = models(1);
  options.default_model = ModelIndex(0);
  World world(options, Checks::by_hand);
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
  EXPECT_THAT(world.switches(), IsEmpty());
}

}  // namespace
}  // namespace signalbox::sched
