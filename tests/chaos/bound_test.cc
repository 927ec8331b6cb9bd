// How long anybody waits at most while nothing fails (scheduler.md, "Bound on a wait").
#include <algorithm>

#include <gtest/gtest.h>

#include "simulate/chaos.h"

namespace signalbox::simulate {
namespace {

constexpr std::uint64_t kSeeds = 200;

// With the largest durations in place of the actual ones; one more queue for the place of this request within
// its own model's.
Duration bound(const Chaos& chaos) {
  const auto& options = chaos.options();
  const auto limit = std::max(options.starvation_limit, chaos.counts().largest_backlog * 3 / 2);
  Duration all_visits{0};
  Duration longest_queue{0};
  for (const auto& model : options.models) {
    const auto queue = chaos.longest_service() * static_cast<std::int64_t>(model.queue_size);
    all_visits += chaos.longest_switch() + chaos.longest_service() + queue * 2;
    longest_queue = std::max(longest_queue, queue);
  }
  return limit + all_visits + chaos.longest_switch() + longest_queue;
}

TEST(BoundOnAWait, HoldsWhileNothingFails) {
  ChaosCounts all;
  for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    Chaos chaos({.seed = seed, .weather = Weather::calm});
    chaos.run();
    EXPECT_EQ(chaos.violation(), "") << "seed " << seed;
    EXPECT_LE(chaos.counts().longest_wait, bound(chaos)) << "seed " << seed;
    all.add(chaos.counts());
  }
  EXPECT_EQ(all.faults, 0U);
  EXPECT_GT(all.started, 1'000U);
}

}  // namespace
}  // namespace signalbox::simulate
