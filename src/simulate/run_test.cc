// The simulated world: what each policy does with a handful of requests, in hand-counted times, and what the
// figures make of it.
#include "simulate/run.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/summary.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// "a" at 0 s for 3 s: one letter a model.
struct At {
  Duration arrived;
  char model;
  Duration service;
};

Workload workload_of(const std::vector<At>& requests) {
  Workload workload;
  workload.trace.models = {"a", "b"};
  for (const auto& [arrived, model, service] : requests) {
    workload.trace.requests.push_back({.arrived = arrived,
                                       .model = ModelIndex(static_cast<std::uint32_t>(model - 'a')),
                                       .service = service});
  }
  return workload;
}

std::vector<Duration> waits(const Outcome& outcome) {
  std::vector<Duration> all;
  for (const auto& request : outcome.requests) all.push_back(request.wait);
  return all;
}

const ModelSettings kOneWorker{.queue_size = 10, .workers = 1, .engine = {.load = 2s, .stop = 0s}};

TEST(Run, FifoKeepsTheOrderOverAllModels) {
  const auto workload = workload_of({{0s, 'a', 3s}, {1s, 'b', 1s}, {2s, 'a', 1s}});
  const auto outcome = run(workload, same_for_all(2, kOneWorker), PolicyName::fifo);
  // Load 2, a to 5, switch to 7, b to 8, switch to 10, a.
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 6s, 8s));
  EXPECT_THAT(outcome.loads, ElementsAre(2, 1));
  EXPECT_EQ(outcome.length, 11s);
  EXPECT_EQ(outcome.switching, 6s);
}

TEST(Run, DrainLetsTheActiveModelGoOn) {
  const auto workload = workload_of({{0s, 'a', 3s}, {1s, 'b', 1s}, {2s, 'a', 1s}});
  const auto outcome = run(workload, same_for_all(2, kOneWorker), PolicyName::drain);
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 7s, 3s));
  EXPECT_THAT(outcome.loads, ElementsAre(1, 1));
}

TEST(Run, SignalboxIsTheRealScheduler) {
  // The visit must last as long as its switch cost, 2 s, so the second one for a is served before b.
  const auto workload = workload_of({{0s, 'a', 3s}, {1s, 'b', 1s}, {2s, 'a', 1s}});
  auto settings = same_for_all(2, kOneWorker);
  settings.scheduling.starvation_limit = 0s;
  const auto outcome = run(workload, settings, PolicyName::signalbox);
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 7s, 3s));
  EXPECT_EQ(outcome.ending, Ending::all_ended);
}

TEST(Run, OverlapHidesALoadBehindARunningAnswer) {
  const auto workload = workload_of({{0s, 'a', 10s}, {1s, 'b', 1s}});
  auto settings = same_for_all(2, kOneWorker);
  const auto without = run(workload, settings, PolicyName::signalbox);
  EXPECT_THAT(waits(without), ElementsAre(2s, 13s));
  settings.scheduling.overlap = sched::Overlap::automatic;
  const auto with = run(workload, settings, PolicyName::signalbox);
  EXPECT_THAT(waits(with), ElementsAre(2s, 11s));
  EXPECT_THAT(with.loads, ElementsAre(1, 1));
  EXPECT_EQ(without.switching, 4s);
  EXPECT_EQ(with.switching, 2s);
  EXPECT_EQ(with.stays[1].from, with.stays[0].to);
}

TEST(Run, OverlapHidesAsMuchOfALoadAsThereIsToHideIt) {
  // The gate closes at 4 s, when the visit has paid for its switch.
  const auto workload = workload_of({{0s, 'a', 3s}, {1s, 'b', 1s}});
  auto settings = same_for_all(2, kOneWorker);
  settings.scheduling.overlap = sched::Overlap::automatic;
  const auto outcome = run(workload, settings, PolicyName::signalbox);
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 5s));
  EXPECT_EQ(outcome.switching, 3s);
}

TEST(Run, AFullQueueTurnsAway) {
  const auto workload = workload_of({{0s, 'a', 9s}, {3s, 'a', 1s}, {4s, 'a', 1s}, {12s, 'a', 1s}});
  auto each = kOneWorker;
  each.queue_size = 1;
  for (const auto policy : kPolicyNames) {
    const auto summary = summarize(run(workload, same_for_all(2, each), policy));
    EXPECT_EQ(summary.all.served, 3U) << name_of(policy);
    EXPECT_EQ(summary.all.rejected, 1U) << name_of(policy);
    EXPECT_EQ(summary.models[0].rejected, 1U) << name_of(policy);
  }
}

TEST(Run, AnEngineTakesItsTimeToStopAndToStart) {
  auto settings = same_for_all(2, kOneWorker);
  settings.engines = {{.load = 2s, .stop = 1s}, {.load = 400s, .stop = 0s}};
  const auto workload = workload_of({{0s, 'a', 3s}, {3s, 'b', 1s}});
  for (const auto policy : kPolicyNames) {
    const auto outcome = run(workload, settings, policy);
    EXPECT_THAT(waits(outcome), ElementsAre(2s, 403s)) << name_of(policy);
    EXPECT_EQ(outcome.switching, 403s) << name_of(policy);
  }
}

TEST(Run, AnEngineThatTakesTooLongToStopIsKilled) {
  auto settings = same_for_all(2, kOneWorker);
  settings.engines[0].stop = 60s;  // the scheduler kills after 5 s
  const auto outcome =
      run(workload_of({{0s, 'a', 3s}, {3s, 'b', 1s}, {30s, 'b', 1s}}), settings, PolicyName::signalbox);
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 9s, 0s));
  EXPECT_EQ(outcome.ending, Ending::all_ended);
}

TEST(Run, AnIdleServerIsNotSwitching) {
  auto settings = same_for_all(2, kOneWorker);
  settings.engines[0].stop = 1s;
  settings.scheduling.models[0].idle_unload = 10s;
  const auto workload = workload_of({{0s, 'a', 3s}, {100s, 'a', 1s}});
  const auto outcome = run(workload, settings, PolicyName::signalbox);
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 2s));
  EXPECT_EQ(outcome.stays.size(), 2U);
  EXPECT_EQ(outcome.switching, 5s);
}

TEST(Run, UsersAskAgainAfterTheirAnswer) {
  const auto workload =
      closed_loop({.clients = {1}, .asks = 3, .service = 2s, .think = 1s, .variation = Variation::fixed});
  const auto outcome = run(workload, same_for_all(1, kOneWorker), PolicyName::drain);
  // Asks at 1, waits for the load to 3, answer at 5; 6 to 8; 9 to 11.
  EXPECT_THAT(waits(outcome), ElementsAre(2s, 0s, 0s));
  EXPECT_EQ(outcome.length, 11s);
}

TEST(Run, EndsWhenItsTimeIsOver) {
  auto settings = same_for_all(2, kOneWorker);
  settings.time_max = 4s;
  const auto workload = workload_of({{0s, 'a', 3s}, {1s, 'b', 1s}, {5s, 'b', 1s}});
  const auto outcome = run(workload, settings, PolicyName::drain);
  EXPECT_EQ(outcome.ending, Ending::time_over);
  EXPECT_EQ(outcome.length, 4s);
  const auto summary = summarize(outcome);
  EXPECT_EQ(summary.all.unfinished, 2U);
}

TEST(Run, IsTheSameEveryTime) {
  const auto workload = agents({.sessions = 5});
  const auto settings = same_for_all(workload.models(), {.queue_size = 10, .workers = 4, .engine = {}});
  for (const auto policy : kPolicyNames) {
    const auto first = run(workload, settings, policy);
    EXPECT_EQ(waits(first), waits(run(workload, settings, policy)));
    EXPECT_EQ(first.requests.size(), workload.requests());
  }
}

TEST(Summary, TakesItsPercentilesFromTheSortedWaits) {
  Outcome outcome;
  outcome.loads = {1};
  outcome.length = 100s;
  outcome.switching = 12s;
  for (int i = 200; i > 0; --i) {
    outcome.requests.push_back({.model = ModelIndex(0), .fate = Fate::served, .arrived = {}, .wait = i * 1s});
  }
  outcome.requests.push_back({.model = ModelIndex(0), .fate = Fate::rejected, .arrived = {}, .wait = 999s});
  const auto summary = summarize(outcome);
  EXPECT_EQ(summary.all.mean, 100500ms);
  EXPECT_EQ(summary.all.p50, 101s);
  EXPECT_EQ(summary.all.p95, 191s);
  EXPECT_EQ(summary.all.p99, 199s);
  EXPECT_EQ(summary.all.max, 200s);
  EXPECT_EQ(summary.all.rejected, 1U);
  EXPECT_EQ(summary.switching_thousandths(), 120);
}

}  // namespace
}  // namespace signalbox::simulate
