// Rules 8, 10 and 11: loads that fail, engines that die, and what waiters are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Coalescing, ManyRequestsJoinOneLoad) {
  auto options = models(1);
  options.models[0].workers = 3;
  World world(options);
  for (const auto* name : {"r1", "r2"}) world.arrive(name, "a");
  world.engine_progresses(400);
  world.arrive("r3", "a");
  for (const auto* name : {"r1", "r2", "r3"}) {
    EXPECT_EQ(world.status_of(name)->status, WaitStatus::loading);
    EXPECT_EQ(world.status_of(name)->progress_thousandths, 400U);
  }
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1", "start r2", "start r3"));
}

TEST(LoadFailure, ReachesEveryWaiterWithTheReason) {
  World world(models(2));
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.engine_exits("llama-server exited with status 1: invalid magic");
  EXPECT_THAT(world.log(),
              ElementsAre("load a", "refuse r1: model_load_failed", "refuse r2: model_load_failed"));
  EXPECT_EQ(world.last<RefuseRequest>().detail, "llama-server exited with status 1: invalid magic");
  EXPECT_EQ(world.last<RefuseRequest>().retry_after, 0s);
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_EQ(world.shown().last_error, "llama-server exited with status 1: invalid magic");
  EXPECT_EQ(world.shown("a").last_error, "llama-server exited with status 1: invalid magic");
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> a: waiters",
                                            "a failed: llama-server exited with status 1: invalid magic"));
}

TEST(LoadFailure, LetsOtherModelsGoOn) {
  World world(models(2));
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.engine_exits("broken");
  EXPECT_THAT(world.log(), ElementsAre("load a", "refuse a1: model_load_failed", "load b"));
}

TEST(LoadFailure, AfterASwitchBringsTheOldModelBackForItsNextRequest) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("b1", "b");
  world.engine_exits();
  world.engine_exits("broken");
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  world.arrive("a1", "a");
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(),
              ElementsAre("stop a", "load b", "refuse b1: model_load_failed", "load a", "start a1"));
  EXPECT_EQ(world.shown().last_error, std::nullopt);
  EXPECT_EQ(world.shown("b").last_error, "broken");
}

TEST(Quarantine, TurnsArrivalsAwayUntilItEnds) {
  World world(models(1));
  world.arrive("r1", "a");
  world.engine_exits("broken");
  world.advance(2s);
  world.arrive("r2", "a");
  EXPECT_EQ(world.last<RefuseRequest>().refusal, Refusal::quarantined);
  EXPECT_EQ(world.last<RefuseRequest>().retry_after, 3s);
  EXPECT_EQ(world.last<RefuseRequest>().detail, "broken");
  EXPECT_EQ(world.shown("a").status, ModelStatus::quarantined);
  EXPECT_EQ(world.shown("a").quarantined_for, 3s);
  world.advance(3s);
  EXPECT_TRUE(world.change()) << "the snapshot says that it is over";
  EXPECT_EQ(world.shown("a").status, ModelStatus::unloaded);
  world.arrive("r3", "a");
  EXPECT_THAT(world.log(),
              ElementsAre("load a", "refuse r1: model_load_failed", "refuse r2: quarantined", "load a"));
}

TEST(Quarantine, DoublesUntilTheModelHasBeenReadyForAMinute) {
  World world(models(1));
  world.arrive("r1", "a");
  world.engine_exits("broken");
  world.advance(5s);
  world.arrive("r2", "a");
  world.engine_exits("broken");
  EXPECT_EQ(world.shown("a").quarantined_for, 10s);
  world.advance(10s);

  world.arrive("r3", "a");
  world.engine_becomes_ready();
  world.answer("r3");
  world.advance(59s);  // too short to have proved itself
  world.engine_exits("died");
  world.arrive("r4", "a");
  world.engine_exits("broken");
  EXPECT_EQ(world.shown("a").quarantined_for, 20s);
  world.advance(20s);

  world.arrive("r5", "a");
  world.engine_becomes_ready();
  world.answer("r5");
  world.advance(60s);
  world.engine_exits("died");
  world.arrive("r6", "a");
  world.engine_exits("broken");
  EXPECT_EQ(world.shown("a").quarantined_for, 5s);
}

TEST(Quarantine, IsForgottenToStartOverByAMinuteThatEndedInASwitch) {
  World world(models(2));
  world.arrive("r1", "a");
  world.engine_exits("broken");
  world.advance(5s);
  world.have_loaded("a");
  world.advance(60s);
  world.arrive("b1", "b");
  world.engine_exits();
  world.engine_becomes_ready();
  world.arrive("r2", "a");
  world.answer("b1");
  world.engine_exits();
  world.engine_exits("broken");
  EXPECT_EQ(world.shown("a").quarantined_for, 5s);
}

TEST(Quarantine, IsSpreadByTheJitterThatCameWithTheExit) {
  World world(models(1));
  world.arrive("r1", "a");
  world.engine_exits("broken", 1000);
  EXPECT_EQ(world.shown("a").quarantined_for, 6250ms);
}

TEST(Quarantine, IsSpreadByTheJitterThatCameWithTheCheck) {
  World world(models(1), Checks::by_hand);
  world.arrive("r1", "a");
  world.file_turns_out_bad("a", "broken", 400);
  EXPECT_EQ(world.shown("a").quarantined_for, 5500ms);
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> a: waiters", "a failed: broken"));
}

TEST(Quarantine, OfAnotherModelEvictsNoWorkingOne) {
  World world(models(2));
  world.arrive("b1", "b");
  world.engine_exits("broken");
  world.have_loaded("a");
  world.arrive("b2", "b");
  EXPECT_THAT(world.log(), ElementsAre("refuse b2: quarantined"));
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
}

TEST(LoadTimeout, CountsFromTheLastProgress) {
  World world(models(1));
  world.arrive("r1", "a");
  world.advance(299s);
  world.engine_progresses(std::nullopt);
  world.advance(299s);
  world.engine_progresses(500);
  EXPECT_EQ(world.next_deadline_in(), 300s);
  world.advance(299s);
  EXPECT_EQ(world.shown().status, ServerStatus::loading);
  world.advance(1s);
  EXPECT_THAT(world.log(), ElementsAre("load a", "kill a", "refuse r1: model_load_failed"));
  EXPECT_EQ(world.last<RefuseRequest>().detail, "no progress in loading for 300000 ms");
}

TEST(LoadTimeout, LeavesNoTwoEnginesAlive) {
  World world(models(2));
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.advance(299s);
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_EQ(world.shown("a").status, ModelStatus::quarantined);
  EXPECT_THAT(world.log(), ElementsAre("load a", "kill a", "refuse a1: model_load_failed"))
      << "b waits for the exit";
  world.engine_exits("killed by signal 9", 1000);
  EXPECT_THAT(world.log(), ElementsAre("load b"));
  EXPECT_EQ(world.shown("a").quarantined_for, 6250ms) << "the jitter came with the exit";
  EXPECT_EQ(world.shown("a").last_error, "no progress in loading for 300000 ms");
}

TEST(LoadTimeout, IsOverWhenTheEngineIsReady) {
  auto options = models(1);
  options.models[0].load_timeout = 10s;
  World world(options);
  world.arrive("r1", "a");
  world.advance(9s);
  world.engine_becomes_ready();
  world.advance(10s);
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1"));
}

TEST(LoadTimeout, YieldsToNewsOfTheSameInstant) {
  World world(models(1));
  world.arrive("r1", "a");
  world.oversleep(300s);
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1"));
}

TEST(Kill, DoesNotFollowAnExitOfTheSameInstant) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("b1", "b");
  world.oversleep(5s);
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load b"));
}

TEST(Kill, IsRepeatedUntilTheExitIsSeen) {
  World world(models(1));
  world.arrive("r1", "a");
  world.advance(310s);
  EXPECT_THAT(world.log(),
              ElementsAre("load a", "kill a", "refuse r1: model_load_failed", "kill a", "kill a"));
  world.engine_exits();
  world.advance(std::chrono::hours(1));
  EXPECT_THAT(world.log(), IsEmpty());
}

TEST(Kill, FollowsAStopThatIsNotObeyed) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("b1", "b");
  world.advance(4999ms);
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  world.advance(1ms);
  EXPECT_THAT(world.log(), ElementsAre("kill a"));
  EXPECT_EQ(world.shown().status, ServerStatus::switching);
  EXPECT_EQ(world.shown().target_model, World::model_of("b"));
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("load b"));
  EXPECT_EQ(world.shown().last_error, std::nullopt) << "not the model's fault";
}

TEST(EngineDeath, AbortsWhatRunsAndReloadsForThoseWhoWait) {
  auto options = models(2);
  options.models[0].workers = 2;
  World world(options);
  world.have_loaded("a");
  for (const auto* name : {"a1", "a2", "a3"}) world.arrive(name, "a");
  world.log();
  world.engine_exits("killed by signal 9");
  EXPECT_THAT(world.log(), ElementsAre("abort a1: engine_died", "abort a2: engine_died", "load a"));
  EXPECT_EQ(world.last<AbortRequest>().detail, "killed by signal 9");
  EXPECT_EQ(world.shown("a").last_error, "killed by signal 9");
  EXPECT_THAT(world.switches(), ElementsAre("nothing -> a: reload"));
  world.answer("a1");  // too late: it has ended
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start a3"));
}

TEST(EngineDeath, IsAnErrorUntilSomebodyComes) {
  World world(models(1));
  world.have_loaded("a");
  world.engine_exits("killed by signal 9");
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_EQ(world.shown().last_error, "killed by signal 9");
  world.arrive("r1", "a");
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("load a", "start r1"));
}

TEST(EngineDeath, WhileDrainingLetsTheSwitchGoOn) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.engine_exits("died");
  EXPECT_THAT(world.log(), ElementsAre("start a1 at once", "abort a1: engine_died", "load b"));
  world.advance(2s);
  world.engine_becomes_ready();
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: waiters", "b is there"));
  EXPECT_EQ(world.last<SwitchFinished>().from, World::model_of("a"));
}

TEST(EngineDeath, ThreeTimesWithinAMinuteOfReadyIsAQuarantine) {
  World world(models(1));
  for (int i = 0; i < 2; ++i) {
    world.have_loaded("a");
    world.engine_exits("died");
    ASSERT_EQ(world.shown("a").status, ModelStatus::unloaded);
  }
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.engine_exits("died", 1000);
  EXPECT_THAT(world.log(),
              ElementsAre("start r1 at once", "abort r1: engine_died", "refuse r2: model_load_failed"));
  EXPECT_EQ(world.shown("a").quarantined_for, 6250ms);
  EXPECT_EQ(world.shown("a").last_error, "its engine died 3 times soon after it was ready, at last: died");
  world.advance(10s);
  world.have_loaded("a");
  world.engine_exits("died");
  EXPECT_EQ(world.shown("a").quarantined_for, 10s) << "the fourth in a row";
}

TEST(EngineDeath, AfterAMinuteStartsTheCountAnew) {
  World world(models(1));
  for (int i = 0; i < 2; ++i) {
    world.have_loaded("a");
    world.engine_exits("died");
  }
  world.have_loaded("a");
  world.advance(60s);
  world.engine_exits("died");
  for (int i = 0; i < 2; ++i) {
    world.have_loaded("a");
    world.engine_exits("died");
    EXPECT_EQ(world.shown("a").status, ModelStatus::unloaded);
  }
}

TEST(EngineDeath, KeepsNewRequestsFromAnEngineThatBrokeAnAnswerOff) {
  Options options = models(1);
  options.models[0].workers = 4;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.close("r1", Closing::engine_broke);
  world.log();
  world.arrive("r2", "a");
  EXPECT_THAT(world.log(), IsEmpty()) << "its exit may be seen in the next moment";
  world.engine_exits("killed by signal 9");
  EXPECT_THAT(world.log(), ElementsAre("load a"));
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start r2"));
}

TEST(EngineDeath, IsNotBelievedOfAnEngineThatStillAnswers) {
  Options options = models(1);
  options.models[0].workers = 4;
  World world(options);
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.close("r1", Closing::engine_broke);
  world.arrive("r2", "a");
  world.log();
  world.free_places("r1");
  EXPECT_THAT(world.log(), ElementsAre("start r2"));
}

TEST(LateNews, OfAnOldEngineIsDropped) {
  World world(models(2));
  world.have_loaded("a");
  const auto old = world.epoch();
  world.arrive("b1", "b");
  world.engine_exits();
  world.log();
  world.late_exit_of(old);
  world.late_ready_of(old);
  EXPECT_THAT(world.log(), IsEmpty());
  EXPECT_EQ(world.shown().status, ServerStatus::loading);
  world.engine_becomes_ready();
  EXPECT_THAT(world.log(), ElementsAre("start b1"));
}

TEST(LateNews, OfAnEngineThatIsBeingKilledDoesNotReviveIt) {
  World world(models(1));
  world.arrive("r1", "a");
  world.advance(300s);
  world.log();
  world.engine_progresses(900);
  world.engine_becomes_ready();
  EXPECT_EQ(world.shown().status, ServerStatus::error);
  EXPECT_EQ(world.shown().progress_thousandths, std::nullopt);
  EXPECT_THAT(world.log(), IsEmpty());
}

TEST(LateNews, OfAFileNobodyAskedForIsDropped) {
  World world(models(2), Checks::by_hand);
  world.file_turns_out_bad("a", "broken");
  world.file_turns_out_good("b");
  EXPECT_THAT(world.log(), IsEmpty());
  EXPECT_EQ(world.shown().status, ServerStatus::idle);
}

}  // namespace
}  // namespace signalbox::sched
