// Rule 18: the next engine is started while the present one drains, where memory allows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Options overlapping(std::uint32_t count) {
  auto options = models(count);
  options.overlap = Overlap::automatic;
  options.min_visit_thousandths = 0;
  for (auto& model : options.models) model.workers = 2;
  return options;
}

// "a" serves "long"; "b" was asked for, also by an operator: "a" drains.
class Draining : public testing::Test {
 protected:
  Draining() : world(overlapping(3)) { begin(); }
  explicit Draining(const Options& options) : world(options) { begin(); }
  void begin() {
    world.have_loaded("a");
    world.arrive("long", "a");
    world.arrive("other", "b");
    world.select("b");
  }
  World world;
};

TEST_F(Draining, AsksForMemoryOnceAndLoadsBeside) {
  EXPECT_THAT(world.log(), ElementsAre("start long at once", "memory for b?", "select b: in_progress"));
  world.advance(10s);
  EXPECT_THAT(world.log(), IsEmpty());
  world.memory_suffices_for("b");
  EXPECT_THAT(world.log(), ElementsAre("load b beside"));
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  EXPECT_EQ(world.shown("b").status, ModelStatus::loading);
  EXPECT_EQ(world.shown("a").status, ModelStatus::draining);
}

TEST_F(Draining, LoadsAfterwardsIfMemoryDoesNotSuffice) {
  world.memory_does_not_suffice_for("b");
  world.log();
  world.answer("long");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST_F(Draining, DoesNotWaitForTheAnswer) {
  world.log();
  world.answer("long");
  world.engine_exits();
  world.memory_suffices_for("b");
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load b"));
}

TEST_F(Draining, LoadsAfterwardsIfOverlapWasTurnedOffMeanwhile) {
  auto options = overlapping(3);
  options.overlap = Overlap::off;
  world.change_options(options);
  world.log();
  world.memory_suffices_for("b");
  EXPECT_THAT(world.log(), IsEmpty());
}

TEST_F(Draining, ServesNobodyUntilTheOldEngineIsGone) {
  world.memory_suffices_for("b");
  world.log();
  world.engine_becomes_ready();
  EXPECT_EQ(world.shown("b").status, ModelStatus::standing_by);
  EXPECT_EQ(world.shown().active_model, World::model_of("a"));
  EXPECT_EQ(world.status_of("other")->status, WaitStatus::waiting_for_model);
  world.answer("long");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.engine_exits_of("a");
  EXPECT_THAT(world.log(), ElementsAre("start other"));
  EXPECT_EQ(world.shown().active_model, World::model_of("b"));
}

TEST_F(Draining, TellsWhatTheOverlapSaved) {
  world.memory_suffices_for("b");
  world.advance(3s);
  world.engine_becomes_ready();
  world.advance(2s);
  world.answer("long");
  world.advance(100ms);
  world.engine_exits_of("a");
  const auto finished = world.last<SwitchFinished>();
  EXPECT_EQ(finished.drain, 5s);
  EXPECT_EQ(finished.stop, 100ms);
  EXPECT_EQ(finished.load, 0s);
  EXPECT_EQ(finished.overlap, 3s);
  EXPECT_EQ(finished.total, 5s + 100ms);
  EXPECT_EQ(world.shown("b").last_load, 3s);
}

TEST_F(Draining, GoesOnLoadingWhenTheOldEngineIsGone) {
  world.memory_suffices_for("b");
  world.engine_progresses(400);
  EXPECT_EQ(world.shown().next_engine,
            (NextEngine{.model = World::model_of("b"), .is_ready = false, .progress_thousandths = 400}));
  world.advance(1s);
  world.answer("long");
  world.advance(100ms);
  world.engine_exits_of("a");
  EXPECT_EQ(world.shown().status, ServerStatus::loading);
  EXPECT_EQ(world.status_of("other")->progress_thousandths, 400U);
  world.log();
  world.advance(2s);
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start other"));
  EXPECT_EQ(world.last<SwitchFinished>().load, 2s);
  EXPECT_EQ(world.last<SwitchFinished>().overlap, 1s + 100ms);
}

TEST_F(Draining, TheYoungerEngineGoesWhenMemoryRunsShort) {
  world.memory_suffices_for("b");
  world.log();
  world.memory_runs_short();
  world.memory_runs_short();
  EXPECT_THAT(world.log(), ElementsAre("kill b"));
  world.engine_exits_of("b");
  world.advance(10s);
  EXPECT_THAT(world.log(), IsEmpty()) << "it is not tried again for this switch";
  world.answer("long");
  world.engine_exits_of("a");
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load b"));
}

TEST_F(Draining, AnEngineThatCannotBeLoadedBesideIsLoadedAfterwards) {
  world.memory_suffices_for("b");
  world.log();
  world.engine_exits_of("b", "out of memory");
  EXPECT_THAT(world.log(), IsEmpty()) << "nobody hears of it";
  EXPECT_EQ(world.shown("b").status, ModelStatus::unloaded);
  world.answer("long");
  world.engine_exits_of("a");
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load b"));
}

TEST_F(Draining, ALoadBesideHasTheTimeLimitOfEveryLoad) {
  world.memory_suffices_for("b");
  world.log();
  world.advance(299s);
  world.engine_progresses(100);
  world.advance(299s);
  EXPECT_THAT(world.log(), IsEmpty());
  world.advance(1s);
  EXPECT_THAT(world.log(), ElementsAre("kill b"));
  world.advance(5s);
  EXPECT_THAT(world.log(), ElementsAre("kill b")) << "until its exit is seen";
}

TEST_F(Draining, AnEngineThatIsKilledIsWaitedForWhenTheOldOneIsGone) {
  world.memory_suffices_for("b");
  world.memory_runs_short();
  world.answer("long");
  world.engine_exits_of("a");
  world.log();
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.engine_exits_of("b");
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST(Overlap, TheYoungerEngineGoesWhenNobodyWantsItAnyMore) {
  World world(overlapping(3));
  world.have_loaded("a");
  world.arrive("one", "a");
  world.arrive("other", "b");
  world.memory_suffices_for("b");
  world.log();
  world.leave("other");
  EXPECT_THAT(world.log(), ElementsAre("kill b"));
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  world.engine_exits_of("b");
  world.arrive("third", "c");
  EXPECT_THAT(world.log(), ElementsAre("memory for c?")) << "the gate closes again";
}

TEST(Overlap, OneAtATimeWhenAnotherModelComesFirst) {
  World world(overlapping(3));
  world.have_loaded("a");
  world.arrive("one", "a");
  world.arrive("other", "b");
  world.memory_suffices_for("b");
  world.arrive("third", "c");
  world.log();
  world.leave("other");
  EXPECT_THAT(world.log(), ElementsAre("kill b"));
  world.memory_suffices_for("c");
  EXPECT_THAT(world.log(), IsEmpty()) << "nobody asked: the engine of b is still there";
  world.engine_exits_of("b");
  world.poke();
  EXPECT_THAT(world.log(), ElementsAre("memory for c?"));
  world.memory_suffices_for("c");
  EXPECT_THAT(world.log(), ElementsAre("load c beside"));
}

TEST_F(Draining, ComesAtOnceWhenTheOldEngineDies) {
  world.memory_suffices_for("b");
  world.engine_becomes_ready();
  world.log();
  world.engine_exits_of("a", "killed");
  EXPECT_THAT(world.log(), ElementsAre("abort long: engine_died", "start other"));
}

TEST_F(Draining, AStopEndsBoth) {
  world.memory_suffices_for("b");
  world.engine_becomes_ready();
  world.log();
  world.stop();
  EXPECT_THAT(world.log(), ElementsAre("refuse other: shutting_down", "kill b"));
  world.answer("long");
  world.engine_exits_of("a");
  EXPECT_THAT(world.log(), ElementsAre("stop a")) << "not stopped yet";
  world.engine_exits_of("b");
  EXPECT_THAT(world.log(), ElementsAre("stopped"));
}

TEST(Overlap, IsOffUnlessAskedFor) {
  auto options = overlapping(2);
  options.overlap = Overlap::off;
  World world(options);
  world.have_loaded("a");
  world.arrive("long", "a");
  world.arrive("other", "b");
  world.select("b");
  EXPECT_THAT(world.log(), ElementsAre("start long at once", "select b: in_progress"));
}

TEST_F(Draining, ComesForAnOperatorAlone) {
  world.memory_suffices_for("b");
  world.engine_becomes_ready();
  world.answer("long");
  world.leave("other");
  world.log();
  world.engine_exits_of("a");
  EXPECT_EQ(world.shown().active_model, World::model_of("b"));
  EXPECT_THAT(world.log(), IsEmpty());
}

}  // namespace
}  // namespace signalbox::sched
