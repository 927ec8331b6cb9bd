// Rules 4, 6, 7 and 10's two stages: when the active model is left, for whom, and who is still served before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "a" is there, loaded in `load`, and its request "a0" runs.
class BusyWorld : public World {
 public:
  BusyWorld(const Options& options, Duration load) : World(options) {
    have_loaded("a", load);
    arrive("a0", "a");
    log();
  }
};

TEST(Gate, ClosesAtOnceWhenNothingRuns) {
  World world(models(2));
  world.have_loaded("a", 100s);  // an expensive switch makes no difference
  world.arrive("b1", "b");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b"));
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start b1"));
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: waiters", "b is there"));
}

TEST(Gate, LetsTheRunningOnesFinishBeforeTheStop) {
  World world(models(2));
  world.have_loaded("a", 1s);
  world.advance(1s);  // min_visit is over
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.arrive("a2", "a");
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once"));
  world.answer("a1");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load b", "start b1"));
  world.answer("b1");
  EXPECT_THAT(world.log(), ElementsAre("stop b"));
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load a", "start a2"));
}

TEST(Gate, StaysOpenUntilTheVisitHasPaidForItsSwitch) {
  BusyWorld world(models(2), 4s);
  world.advance(1s);
  world.arrive("b1", "b");
  world.answer("a0");
  EXPECT_THAT(world.log(), ElementsAre("stop a")) << "nothing runs: no reason to stay";

  auto options = models(2);
  options.models[0].workers = 2;
  BusyWorld other(options, 4s);
  other.advance(1s);
  other.arrive("b1", "b");
  EXPECT_EQ(other.next_deadline_in(), 3s);
  other.advance(2999ms);
  other.arrive("a1", "a");  // its queue is empty, but the gate is still open
  EXPECT_THAT(other.log(), ElementsAre("start a1 at once"));
  other.advance(1ms);
  other.arrive("a2", "a");
  EXPECT_THAT(other.log(), IsEmpty()) << "a2 waits behind the switch";
  EXPECT_EQ(other.status_of("a2")->status, WaitStatus::waiting_for_model);
}

TEST(Gate, TakesMinVisitFromTheOptions) {
  auto options = models(2);
  options.min_visit_thousandths = 500;
  BusyWorld world(options, 4s);
  world.arrive("b1", "b");
  EXPECT_EQ(world.next_deadline_in(), 2s);
}

TEST(Gate, MeasuresAVisitByTheWholeSwitchThatBroughtIt) {
  auto options = models(2);
  World world(options);
  world.have_loaded("a", 1s);
  world.arrive("b0", "b");
  world.advance(2s);  // the stop
  world.engine_exits();
  world.advance(3s);  // the load
  world.engine_becomes_ready();
  world.arrive("a0", "a");
  EXPECT_EQ(world.next_deadline_in(), 5s) << "stop told to ready";
}

TEST(Gate, DoesNotCloseForALongQueueOfItsOwnBeforeTheLimit) {
  BusyWorld world(models(2), 1s);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.advance(14s);
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  EXPECT_EQ(world.next_deadline_in(), 1s);
}

TEST(StarvationLimit, ServesWhatIsQueuedAtThatInstantAndNoMore) {
  BusyWorld world(models(2), 1s);
  world.arrive("b1", "b");
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  world.advance(15s);
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: starvation_limit"));
  world.arrive("a3", "a");
  EXPECT_EQ(world.status_of("a2")->status, WaitStatus::queued) << "it is still served";
  EXPECT_EQ(world.status_of("a3")->status, WaitStatus::waiting_for_model);
  world.answer("a0");
  world.answer("a1");
  world.answer("a2");
  EXPECT_THAT(world.log(), ElementsAre("start a1", "start a2", "stop a"));
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load b", "start b1"));
}

TEST(StarvationLimit, CountsFromTheArrivalOfTheOldestElsewhere) {
  BusyWorld world(models(3), 1s);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.advance(10s);
  world.arrive("c1", "c");
  EXPECT_EQ(world.next_deadline_in(), 5s);
  world.leave("b1");
  EXPECT_EQ(world.next_deadline_in(), 15s);
}

TEST(StarvationLimit, EndsTheWaitingForMinVisitToo) {
  auto options = models(2);
  options.models[0].workers = 2;
  options.min_visit_thousandths = 5000;
  BusyWorld world(options, 4s);
  world.arrive("b1", "b");
  EXPECT_EQ(world.next_deadline_in(), 15s) << "before the visit has lasted 5 x 4 s";
  world.advance(15s);
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: starvation_limit"));
}

TEST(StarvationLimit, OfZeroIsOff) {
  auto options = models(2);
  options.starvation_limit = 0s;
  BusyWorld world(options, 1s);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  EXPECT_FALSE(world.next_deadline_in());
  world.advance(std::chrono::hours(1));
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
}

TEST(StarvationLimit, BoundsTheWaitUnderAnEndlessQueue) {
  // Clients of "a" that ask again the moment they are answered, so that its queue is never empty.
  BusyWorld world(models(2), 1s);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  int next = 2;
  for (int second = 0; second < 20; ++second) {
    world.advance(1s);
    world.answer("a" + std::to_string(next - 2));
    world.arrive("a" + std::to_string(next), "a");
    ++next;
    if (world.shown().status == ServerStatus::switching && !world.shown().active_model) break;
  }
  world.engine_exits();
  world.engine_becomes_ready();
  const auto start = world.last<StartRequest>();
  EXPECT_FALSE(world.status_of("b1")) << "b1 runs";
  // 15 s, then what was queued at that instant: the one that runs and the one behind it.
  EXPECT_LE(start.wait_duration, 17s);
  world.answer("b1");
  world.engine_exits();
  world.engine_becomes_ready();
  EXPECT_EQ(world.shown().active_model, World::model_of("a")) << "a's clients are served again";
  EXPECT_EQ(world.shown().in_flight, 1U);
}

TEST(NoThrash, StartsAllWhoWaitedAtReadyBeforeTheGateMayClose) {
  World world(models(3));
  for (const auto* name : {"a1", "a2", "a3"}) world.arrive(name, "a");
  world.arrive("b1", "b");
  world.advance(20s);
  world.engine_becomes_ready();
  world.advance(40s);  // the limit of b1, 1.5 x two loads, has passed
  EXPECT_THAT(world.log(), ElementsAre("load a", "start a1"));
  world.arrive("a4", "a");
  world.answer("a1");
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  world.answer("a2");  // a3 starts: now the gate closes; a4 is the snapshot of that instant
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.arrive("a5", "a");
  world.answer("a3");
  world.answer("a4");
  EXPECT_THAT(world.log(), ElementsAre("start a2", "start a3", "start a4", "stop a"));
}

TEST(NoThrash, HoldsForASelectToo) {
  World world(models(2));
  world.arrive("a1", "a");
  world.arrive("a2", "a");
  world.engine_becomes_ready();
  world.select("b");
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  world.arrive("a3", "a");
  world.answer("a1");
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  world.answer("a2");
  EXPECT_THAT(world.log(), ElementsAre("load a", "start a1", "select b: initiated", "start a2", "stop a"));
}

TEST(Gate, OpensAgainWhenTheLastWaiterElsewhereLeaves) {
  auto options = models(2);
  options.models[0].workers = 2;
  BusyWorld world(options, 1s);
  world.advance(1s);
  world.arrive("b1", "b");
  world.arrive("a1", "a");
  EXPECT_THAT(world.log(), IsEmpty());
  world.leave("b1");
  EXPECT_THAT(world.log(), ElementsAre("start a1"));
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  EXPECT_THAT(world.switches(),
              ElementsAre("a -> b: waiters", "b called off: nobody waits for another model any more"));
}

TEST(Gate, OpensAgainWhenTheLastWaiterElsewhereTimesOut) {
  auto options = models(2);
  options.models[0].workers = 2;
  BusyWorld world(options, 1s);
  world.advance(1s);
  world.arrive("b1", "b", {.mode = AnswerMode::whole});
  world.advance(30s);
  EXPECT_THAT(world.log(), ElementsAre("refuse b1: wait_timeout"));
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
}

TEST(Gate, StaysClosedForAnotherWhenTheTargetIsNotWantedAnyMore) {
  auto options = models(3);
  BusyWorld world(options, 1s);
  world.advance(1s);
  world.arrive("b1", "b");
  world.arrive("c1", "c");
  EXPECT_EQ(world.shown().target_model, World::model_of("b"));
  world.leave("b1");
  EXPECT_EQ(world.shown().target_model, World::model_of("c"));
  world.answer("a0");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load c"));
}

TEST(Gate, StopsNothingWhileTheNewTargetIsLookedAt) {
  World world(models(3), Checks::by_hand);
  world.arrive("a0", "a");
  world.file_turns_out_good("a");
  world.engine_becomes_ready();
  world.log();
  world.arrive("b1", "b");
  world.arrive("c1", "c");
  world.file_turns_out_good("b");
  ASSERT_EQ(world.shown().status, ServerStatus::switching);
  world.leave("b1");
  world.answer("a0");
  EXPECT_THAT(world.log(), ElementsAre("check b", "check c")) << "c is not known to be good";
  world.file_turns_out_bad("c", "no such file");
  EXPECT_THAT(world.log(), ElementsAre("refuse c1: model_load_failed"));
  EXPECT_EQ(world.shown().status, ServerStatus::ready) << "nobody waits elsewhere: the gate opens again";
}

TEST(NextModel, IsTheOneWithTheOldestHead) {
  World world(models(3));
  world.have_loaded("a");
  world.arrive("a0", "a");
  world.arrive("c1", "c");
  world.advance(1ms);
  world.arrive("b1", "b");
  world.arrive("b2", "b");
  world.answer("a0");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("start a0 at once", "stop a", "load c"));
}

TEST(NextModel, IsDecidedAnewWhenTheOldEngineIsGone) {
  World world(models(3));
  world.have_loaded("a");
  world.arrive("b1", "b");
  world.advance(1ms);
  world.arrive("c1", "c");
  world.leave("b1");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load c"));
  EXPECT_THAT(world.switches(),
              ElementsAre("a -> b: waiters", "b called off: another model comes first", "a -> c: waiters"));
}

TEST(NextModel, IsNoneWhenEverybodyLeftDuringTheStop) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("b1", "b");
  world.leave("b1");
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: waiters", "b called off: nobody waits for it any more"));
}

TEST(FileCheck, ComesBeforeTheGateCloses) {
  World world(models(2), Checks::by_hand);
  world.arrive("a0", "a");
  EXPECT_THAT(world.log(), ElementsAre("check a")) << "without an engine too";
  EXPECT_EQ(world.shown().status, ServerStatus::loading);
  world.file_turns_out_good("a");
  world.engine_becomes_ready();
  world.answer("a0");
  world.arrive("b1", "b");
  EXPECT_THAT(world.log(), ElementsAre("load a", "start a0", "check b"));
  world.arrive("a1", "a");
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once")) << "the gate is still open";
  world.answer("a1");
  world.file_turns_out_good("b");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b")) << "one look is enough";
}

TEST(FileCheck, IsFollowedByTheChoiceMadeAgain) {
  World world(models(3), Checks::by_hand);
  world.arrive("a0", "a");
  world.file_turns_out_good("a");
  world.engine_becomes_ready();
  world.answer("a0");
  world.arrive("b1", "b");
  world.arrive("c1", "c");
  world.leave("b1");
  EXPECT_THAT(world.log(), ElementsAre("check a", "load a", "start a0", "check b", "check c"));
  world.file_turns_out_good("b");
  EXPECT_THAT(world.log(), IsEmpty()) << "nobody waits for b any more";
  world.file_turns_out_good("c");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
}

TEST(FileCheck, ThatTakesLongIsNotRepeated) {
  World world(models(3), Checks::by_hand);
  world.arrive("b1", "b");
  world.leave("b1");
  world.arrive("c1", "c");
  world.leave("c1");
  world.arrive("b2", "b");
  EXPECT_THAT(world.log(), ElementsAre("check b", "check c"));
  world.file_turns_out_good("b");
  EXPECT_THAT(world.log(), ElementsAre("load b"));
}

TEST(FileCheck, ThatNeverAnswersFailsAfterLoadTimeout) {
  World world(models(2), Checks::by_hand);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.advance(300s);
  EXPECT_THAT(world.log(), ElementsAre("check a", "refuse a1: model_load_failed", "check b"));
  EXPECT_THAT(world.last<RefuseRequest>().detail, testing::HasSubstr("300000 ms"));
}

TEST(FileCheck, ThatFailsEvictsNobody) {
  World world(models(3));
  world.have_loaded("a");
  world.break_file("b", "b.gguf: no such file");
  world.arrive("b1", "b");
  EXPECT_THAT(world.log(), ElementsAre("refuse b1: model_load_failed"));
  EXPECT_EQ(world.last<RefuseRequest>().detail, "b.gguf: no such file");
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  EXPECT_EQ(world.shown().active_model, World::model_of("a"));
  EXPECT_EQ(world.shown().last_error, "b.gguf: no such file");
  EXPECT_EQ(world.shown("b").status, ModelStatus::quarantined);
  EXPECT_THAT(world.switches(), ElementsAre("b failed: b.gguf: no such file"));
}

TEST(FileCheck, ThatFailsLetsTheNextModelCome) {
  World world(models(3));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.break_file("b", "broken");
  world.arrive("b1", "b");
  world.arrive("b2", "b");
  world.arrive("c1", "c");
  world.answer("a1");
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "refuse b1: model_load_failed",
                                       "refuse b2: model_load_failed", "stop a"));
  EXPECT_EQ(world.shown().target_model, World::model_of("c"));
}

}  // namespace
}  // namespace signalbox::sched
