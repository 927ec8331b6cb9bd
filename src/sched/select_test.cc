// Rule 9: an operator chooses a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;

TEST(Select, LoadsFromNothing) {
  World world(models(2));
  world.select("b");
  EXPECT_THAT(world.log(), ElementsAre("select b: initiated", "load b"));
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> b: select"));
}

TEST(Select, OfTheActiveModelIsDoneAlready) {
  World world(models(2));
  world.have_loaded("a");
  world.select("a");
  EXPECT_THAT(world.log(), ElementsAre("select a: already_active"));
}

TEST(Select, ClosesTheGateWhateverRunsAndWaits) {
  World world(models(2));
  world.have_loaded("a", 4s);
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  world.select("b");
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.answer("a1");
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "select b: initiated", "stop a", "load b"));
  EXPECT_EQ(world.status_of("a2")->status, WaitStatus::waiting_for_model) << "it stays and brings a back";
  world.advance(15s);
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("stop b", "load a", "start a2"));
}

TEST(Select, IsNotUndoneByWaitersLeaving) {
  World world(models(3));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.select("b");
  world.arrive("b1", "b");
  world.arrive("c1", "c");
  world.leave("b1");
  world.leave("c1");
  world.answer("a1");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "select b: initiated", "stop a", "load b"));
}

TEST(Select, OutranksAnOlderHead) {
  World world(models(3));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.arrive("c1", "c");
  world.select("b");
  EXPECT_EQ(world.shown().target_model, World::model_of("b"));
}

TEST(Select, HoldsItsModelUntilTheOthersHaveWaitedTheLimitFromReady) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("a1", "a");
  world.select("b");
  world.answer("a0");
  world.engine_exits();
  world.advance(20s);  // a1 has waited more than the limit already
  world.engine_becomes_ready();
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  // 1.5 T: a's changeover of 1 s and b's of 20 s.
  EXPECT_EQ(world.next_deadline_in(), 31500ms);
  world.advance(31499ms);
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  world.advance(1ms);
  EXPECT_EQ(world.shown().target_model, World::model_of("a"));
}

TEST(Select, HoldsItsModelForOneMinVisitWithoutALimit) {
  auto options = models(2);
  options.starvation_limit = 0s;
  World world(options);
  world.arrive("a1", "a");
  world.engine_becomes_ready();
  world.select("b");
  world.answer("a1");
  world.arrive("a2", "a");
  world.engine_exits();
  world.advance(4s);
  world.engine_becomes_ready();
  EXPECT_EQ(world.next_deadline_in(), 4s);
  world.advance(4s);
  EXPECT_EQ(world.shown().target_model, World::model_of("a"));
}

TEST(Select, OfAnotherOneEndsAHeldVisit) {
  World world(models(3));
  world.select("b");
  world.engine_becomes_ready();
  world.select("c");
  world.engine_exits();
  EXPECT_THAT(world.log(),
              ElementsAre("select b: initiated", "load b", "select c: initiated", "stop b", "load c"));
}

TEST(Select, WhileSwitchingTakesOnlyTheTarget) {
  World world(models(3));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  ASSERT_EQ(world.shown().status, ServerStatus::switching);
  world.select("b");
  world.select("c");
  world.select("a");  // the draining one included
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "select b: in_progress", "select c: conflict",
                                       "select a: conflict"));
  world.answer("a1");  // stopping
  world.select("b");
  world.select("a");
  world.engine_exits();  // loading
  world.select("b");
  world.select("a");
  EXPECT_THAT(world.log(), ElementsAre("stop a", "select b: in_progress", "select a: conflict", "load b",
                                       "select b: in_progress", "select a: conflict"));
}

TEST(Select, WhileAnotherSelectWaitsForTheGateIsAConflict) {
  World world(models(3));
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  world.engine_becomes_ready();
  world.select("b");  // a2 must start first
  world.select("c");
  world.select("a");
  world.select("b");
  EXPECT_THAT(world.log(), ElementsAre("load a", "start a1", "select b: initiated", "select c: conflict",
                                       "select a: conflict", "select b: in_progress"));
}

TEST(Select, OfTheTargetKeepsTheSwitchGoingWhenItsWaitersLeave) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.select("b");
  world.leave("b1");
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
}

TEST(Select, DuringAnIdleUnloadIsTaken) {
  auto options = models(2);
  options.models[0].idle_unload = 10s;
  World world(options);
  world.have_loaded("a");
  world.advance(10s);
  ASSERT_EQ(world.shown("a").status, ModelStatus::stopping);
  ASSERT_EQ(world.shown().status, ServerStatus::idle);
  world.select("a");
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  EXPECT_EQ(world.shown().target_model, World::model_of("a"));
  world.select("b");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "select a: initiated", "select b: conflict", "load a"));
}

TEST(Select, LiftsAQuarantine) {
  World world(models(2));
  world.arrive("b1", "b");
  world.engine_exits("broken");
  ASSERT_EQ(world.shown("b").status, ModelStatus::quarantined);
  world.select("b");
  EXPECT_THAT(world.log(),
              ElementsAre("load b", "refuse b1: model_load_failed", "select b: initiated", "load b"));
  world.engine_exits("broken");
  EXPECT_EQ(world.shown("b").quarantined_for, 5s) << "the back-off starts over";
}

TEST(Select, OfAModelThatIsQuarantinedElsewhereKeepsItsQuarantineOnConflict) {
  World world(models(3));
  world.arrive("c1", "c");
  world.engine_exits("broken");
  world.arrive("b1", "b");
  world.select("c");
  EXPECT_THAT(world.log(),
              ElementsAre("load c", "refuse c1: model_load_failed", "load b", "select c: conflict"));
  EXPECT_EQ(world.shown("c").status, ModelStatus::quarantined);
}

TEST(Select, OfABrokenFileLeavesTheLoadedModelAlone) {
  World world(models(2));
  world.have_loaded("a");
  world.break_file("b", "no GGUF");
  world.select("b");
  EXPECT_THAT(world.log(), ElementsAre("select b: initiated"));
  EXPECT_THAT(world.switches(), ElementsAre("b failed: no GGUF"));
  EXPECT_EQ(world.shown().active_model, World::model_of("a"));
  world.select("a");
  EXPECT_THAT(world.log(), ElementsAre("select a: already_active")) << "the failed select is over";
}

TEST(Select, ThatFailsInLoadingIsOver) {
  World world(models(2));
  world.select("b");
  world.engine_exits("broken");
  EXPECT_THAT(world.log(), ElementsAre("select b: initiated", "load b"));
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_FALSE(world.shown().target_model);
}

TEST(Select, WhileTheServerShutsDownIsRefused) {
  World world(models(2));
  world.have_loaded("a");
  world.stop();
  world.select("b");
  EXPECT_THAT(world.log(), ElementsAre("stop a", "select b: shutting_down"));
}

TEST(DefaultModel, IsLoadedByTheFirstStep) {
  auto options = models(2);
  options.default_model = ModelIndex(1);
  World world(options);
  world.poke();
  EXPECT_THAT(world.log(), ElementsAre("load b"));
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> b: default_model"));
}

TEST(DefaultModel, DoesNotComeBackByItself) {
  auto options = models(2);
  options.default_model = ModelIndex(1);
  options.models[1].idle_unload = 10s;
  World world(options);
  world.poke();
  world.engine_becomes_ready();
  world.advance(10s);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b", "stop b"));
}

TEST(DefaultModel, IsLeftForWaitersLikeAnyOther) {
  auto options = models(2);
  options.default_model = ModelIndex(1);
  World world(options);
  world.arrive("a1", "a");
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load b", "stop b"));
}

TEST(DefaultModel, ThatIsBrokenDoesNotStandInTheWay) {
  auto options = models(2);
  options.default_model = ModelIndex(1);
  World world(options);
  world.break_file("b", "no such file");
  world.arrive("a1", "a");
  EXPECT_THAT(world.log(), ElementsAre("load a"));
  EXPECT_THAT(world.switches(),
              ElementsAre("nothing -> b: default_model", "b failed: no such file", "nothing -> a: waiters"));
}

}  // namespace
}  // namespace signalbox::sched
