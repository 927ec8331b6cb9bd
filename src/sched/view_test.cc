// What clients and operators are shown: the status of a request, the snapshot, and the signal that either
// changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::Optional;

const ModelIndex kA(0);
const ModelIndex kB(1);

TEST(RequestStatus, IsQueuedWhileMyModelIsActive) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("r1", "a");
  world.arrive("r2", "a");
  world.arrive("r3", "a");
  world.advance(2s);
  const auto status = world.status_of("r3");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->status, WaitStatus::queued);
  EXPECT_EQ(status->position, 2U);
  EXPECT_EQ(status->queue_length, 2U);
  EXPECT_EQ(status->active_model, kA);
  EXPECT_EQ(status->blocking_model, std::nullopt);
  EXPECT_EQ(status->waited, 2s);
  EXPECT_FALSE(world.status_of("r1")) << "it runs";
}

TEST(RequestStatus, WalksFromWaitingToLoading) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  EXPECT_EQ(world.status_of("b1")->status, WaitStatus::waiting_for_model);
  EXPECT_EQ(world.status_of("b1")->active_model, kA);
  EXPECT_EQ(world.status_of("b1")->blocking_model, kA);
  world.advance(1s);  // draining
  EXPECT_EQ(world.status_of("b1")->status, WaitStatus::waiting_for_model);
  EXPECT_EQ(world.status_of("b1")->blocking_model, kA);
  world.answer("a1");  // stopping
  EXPECT_EQ(world.status_of("b1")->status, WaitStatus::waiting_for_model);
  EXPECT_EQ(world.status_of("b1")->active_model, std::nullopt);
  EXPECT_EQ(world.status_of("b1")->blocking_model, std::nullopt) << "the target is its own model";
  world.engine_exits();
  EXPECT_EQ(world.status_of("b1")->status, WaitStatus::loading);
  EXPECT_EQ(world.status_of("b1")->progress_thousandths, std::nullopt);
  world.engine_progresses(250);
  EXPECT_EQ(world.status_of("b1")->progress_thousandths, 250U);
  world.engine_progresses(std::nullopt);
  EXPECT_EQ(world.status_of("b1")->progress_thousandths, 250U) << "what was known stays";
  world.engine_progresses(5000);
  EXPECT_EQ(world.status_of("b1")->progress_thousandths, 1000U);
}

TEST(RequestStatus, NamesTheTargetAsWhatIsInTheWay) {
  World world(models(3));
  world.arrive("b1", "b");
  world.arrive("c1", "c");
  EXPECT_EQ(world.status_of("c1")->status, WaitStatus::waiting_for_model);
  EXPECT_EQ(world.status_of("c1")->active_model, std::nullopt);
  EXPECT_EQ(world.status_of("c1")->blocking_model, kB);
  EXPECT_EQ(world.status_of("c1")->progress_thousandths, std::nullopt);
}

TEST(RequestStatus, OfOneWhoseModelIsOnItsWayOut) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.arrive("a2", "a");
  EXPECT_EQ(world.status_of("a2")->status, WaitStatus::waiting_for_model);
  EXPECT_EQ(world.status_of("a2")->active_model, kA);
  EXPECT_EQ(world.status_of("a2")->blocking_model, std::nullopt);
}

TEST(RequestStatus, IsLoadingWhileTheFileOfAFirstLoadIsLookedAt) {
  World world(models(2), Checks::by_hand);
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  EXPECT_EQ(world.status_of("a1")->status, WaitStatus::loading);
  EXPECT_EQ(world.status_of("b1")->status, WaitStatus::waiting_for_model);
  EXPECT_EQ(world.status_of("b1")->blocking_model, kA);
}

// The table of scheduler.md, walked.
TEST(Snapshot, FollowsTheTableOfPublicStates) {
  World world(models(2));
  const auto expect = [&world](ServerStatus status, std::optional<ModelIndex> active,
                               std::optional<ModelIndex> target, ModelStatus a, ModelStatus b) {
    const auto shown = world.shown();
    EXPECT_EQ(shown.status, status);
    EXPECT_EQ(shown.active_model, active);
    EXPECT_EQ(shown.target_model, target);
    EXPECT_EQ(shown.models[0].status, a);
    EXPECT_EQ(shown.models[1].status, b);
    EXPECT_EQ(shown.switch_requested_at.has_value(), target.has_value());
  };
  using enum ModelStatus;
  expect(ServerStatus::idle, {}, {}, unloaded, unloaded);
  world.arrive("a1", "a");
  expect(ServerStatus::loading, {}, kA, loading, unloaded);
  world.engine_becomes_ready();
  expect(ServerStatus::ready, kA, {}, ready, unloaded);
  world.advance(1s);
  world.arrive("b1", "b");
  expect(ServerStatus::switching, kA, kB, draining, unloaded);
  world.answer("a1");
  expect(ServerStatus::switching, {}, kB, stopping, unloaded);
  world.advance(5s);  // it does not stop and is killed
  expect(ServerStatus::switching, {}, kB, stopping, unloaded);
  world.engine_exits();
  expect(ServerStatus::loading, {}, kB, unloaded, loading);
  world.engine_becomes_ready();
  expect(ServerStatus::ready, kB, {}, unloaded, ready);
  world.answer("b1");
  world.engine_exits("died");
  expect(ServerStatus::error, {}, {}, unloaded, unloaded);
}

TEST(Snapshot, CountsRequestsAndPlaces) {
  auto options = models(2);
  options.models[0].workers = 4;
  options.models[0].queue_size = 7;
  World world(options);
  world.have_loaded("a", 3s);
  world.arrive("r1", "a", {.places = 3});
  world.arrive("r2", "a");
  world.arrive("r3", "a");
  world.advance(2s);
  world.arrive("r4", "a");
  world.close("r2", Closing::cut);
  const auto shown = world.shown();
  EXPECT_EQ(shown.in_flight, 1U);
  EXPECT_EQ(shown.workers, 4U);
  EXPECT_EQ(shown.workers_busy, 4U);
  EXPECT_EQ(shown.models[0].in_flight, 1U);
  EXPECT_EQ(shown.models[0].queue_length, 2U);
  EXPECT_EQ(shown.models[0].queue_size, 7U);
  EXPECT_THAT(shown.models[0].oldest_wait, Optional(Duration(2s)));
  EXPECT_EQ(shown.models[0].loads, 1U);
  EXPECT_THAT(shown.models[0].last_load, Optional(Duration(3s)));
  EXPECT_EQ(shown.models[1].in_flight, 0U);
  EXPECT_EQ(shown.models[1].oldest_wait, std::nullopt);
  EXPECT_EQ(shown.models[1].last_load, std::nullopt);
}

TEST(Snapshot, HasNoWorkersWithoutAnActiveModel) {
  World world(models(1));
  EXPECT_EQ(world.shown().workers, 0U);
  world.arrive("r1", "a");
  EXPECT_EQ(world.shown().workers, 0U);
}

TEST(Switch, IsReportedWithItsParts) {
  World world(models(2));
  world.have_loaded("a", 1s);
  world.arrive("a1", "a");
  world.advance(1s);
  world.arrive("b1", "b");
  world.advance(2s);
  world.answer("a1");
  world.advance(3s);
  world.engine_exits();
  world.advance(4s);
  world.engine_becomes_ready();
  const auto finished = world.last<SwitchFinished>();
  EXPECT_EQ(finished.from, kA);
  EXPECT_EQ(finished.to, kB);
  EXPECT_EQ(finished.drain, 2s);
  EXPECT_EQ(finished.stop, 3s);
  EXPECT_EQ(finished.load, 4s);
  EXPECT_EQ(finished.total, 9s);
  const auto start = world.last<StartRequest>();
  EXPECT_EQ(start.wait_duration, 9s);
  EXPECT_EQ(start.switch_duration, 9s);
  EXPECT_EQ(world.shown("b").last_load, 4s);
  EXPECT_EQ(world.shown("b").costs.changeover, 7s);
}

TEST(StatusChanged, IsSaidOfEveryStepThatMovesWaiters) {
  World world(models(2));
  world.have_loaded("a");
  world.arrive("a1", "a");
  world.advance(1s);
  const auto expect_waiters = [&world](Waiters waiters, const char* when) {
    ASSERT_TRUE(world.change()) << when;
    EXPECT_EQ(world.change()->waiters, waiters) << when;
  };
  world.select("b");
  expect_waiters(Waiters::may_have_changed, "gate closed");
  world.arrive("b1", "b");
  expect_waiters(Waiters::as_before, "a queue grew");
  world.answer("a1");
  expect_waiters(Waiters::may_have_changed, "stop told");
  world.engine_exits();
  expect_waiters(Waiters::may_have_changed, "loading");
  world.engine_progresses(500);
  expect_waiters(Waiters::as_before, "progress");
  world.engine_progresses(500);
  EXPECT_FALSE(world.change()) << "nothing new";
  world.engine_progresses(1000);
  expect_waiters(Waiters::may_have_changed, "progress is complete");
  world.engine_becomes_ready();
  expect_waiters(Waiters::may_have_changed, "ready");
  world.answer("b1");
  expect_waiters(Waiters::as_before, "one less at the engine");
}

TEST(StatusChanged, IsSaidOfAFailedCheckThatMovedNothingElse) {
  World world(models(2));
  world.have_loaded("a");
  world.break_file("b", "broken");
  world.select("b");
  EXPECT_TRUE(world.change());
}

TEST(StatusChanged, IsNotSaidWhenOnlyTimePassed) {
  World world(models(1));
  world.have_loaded("a");
  world.advance(1s);
  world.poke();
  EXPECT_FALSE(world.change());
}

TEST(World, LeavesNoWaiterBehindASwitch) {
  World world(models(2));
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  world.arrive("a2", "a");
  world.engine_becomes_ready();
  world.answer("a1");
  world.answer("a2");
  world.engine_exits();
  world.engine_becomes_ready();
  world.answer("b1");
  EXPECT_THAT(world.log(), ElementsAre("load a", "start a1", "start a2", "stop a", "load b", "start b1"));
  EXPECT_TRUE(world.all_ended());
}

}  // namespace
}  // namespace signalbox::sched
