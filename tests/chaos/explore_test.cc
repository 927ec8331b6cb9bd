// Small worlds in full, and larger ones to a stated depth: no interleaving of events breaks a promise.
#include "simulate/explore.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "simulate/shrink.h"

namespace signalbox::simulate {
namespace {

enum class Extent { full, to_depth };

void expect_sound(const SmallWorld& world, Extent extent) {
  const auto found = explore(world);
  EXPECT_EQ(found.violation, "") << text_of({.options = options_of(world), .timeline = found.path}, "Found");
  EXPECT_EQ(found.is_complete, extent == Extent::full);
  fmt::print(
      "{} models, {} requests, {} workers, {} faults, {} selects: {} states, {} transitions, depth {}\n",
      world.models, world.requests, world.workers, world.faults, world.selects, found.states,
      found.transitions, found.depth);
}

TEST(Explore, OneModelWithEveryFaultInFull) {
  expect_sound({.models = 1, .requests = 2, .selects = 2, .faults = 2}, Extent::full);
}
TEST(Explore, TwoModelsAndThreeRequestsInFull) {
  expect_sound({.models = 2, .requests = 3, .selects = 0, .faults = 0}, Extent::full);
}
TEST(Explore, TwoModelsWithFaultsAndSelects) {
  expect_sound({.models = 2, .requests = 3, .depth_max = 11}, Extent::to_depth);
}
TEST(Explore, TwoWorkersWithFaultsAndSelects) {
  expect_sound({.models = 2, .requests = 3, .workers = 2, .depth_max = 10}, Extent::to_depth);
}
TEST(Explore, ThreeModelsWithFaultsAndSelects) {
  expect_sound({.models = 3, .requests = 3, .depth_max = 8}, Extent::to_depth);
}

// Without wait limits: whoever waits is served, whatever happened before.
TEST(Explore, NobodyWaitsForEver) {
  expect_sound({.models = 2, .requests = 2, .selects = 0, .mode = sched::AnswerMode::streamed}, Extent::full);
}
TEST(Explore, AllServiceClassesInFull) {
  expect_sound({.models = 2, .requests = 2, .selects = 0, .faults = 0, .classes = Classes::all},
               Extent::full);
}
TEST(Explore, TheServerMayStopAtAnyTime) {
  expect_sound({.models = 1, .requests = 2, .stops = 1}, Extent::full);
}

TEST(Explore, TheNextEngineBesideThePresentOne) {
  expect_sound({.models = 2,
                .requests = 2,
                .selects = 0,
                .faults = 0,
                .mode = sched::AnswerMode::streamed,
                .overlap = sched::Overlap::automatic},
               Extent::full);
}
TEST(Explore, TheNextEngineBesideThePresentOneWithFaultsAndSelects) {
  expect_sound({.models = 2, .requests = 3, .overlap = sched::Overlap::automatic, .depth_max = 10},
               Extent::to_depth);
}
TEST(Explore, TheServerMayStopWithTwoEnginesUp) {
  expect_sound({.models = 2,
                .requests = 2,
                .selects = 0,
                .faults = 0,
                .stops = 1,
                .overlap = sched::Overlap::automatic},
               Extent::full);
}

TEST(Explore, FindsNothingNewTheSecondTime) {
  const SmallWorld world{.models = 1, .requests = 2};
  const auto first = explore(world);
  const auto second = explore(world);
  EXPECT_EQ(first.states, second.states);
  EXPECT_EQ(first.transitions, second.transitions);
  EXPECT_GT(first.states, 1000U);
}

}  // namespace
}  // namespace signalbox::simulate
