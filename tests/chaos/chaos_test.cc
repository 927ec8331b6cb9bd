// The scheduler in random worlds: the same seeds each time, those that failed once, and new ones. A failure
// prints its seed, how to run it again, and a short list of events that shows it. SIGNALBOX_SEED names one
// seed to run alone.
#include "simulate/chaos.h"

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "chaos/failure.h"

namespace signalbox::simulate {
namespace {

constexpr std::uint64_t kFixedSeeds = 400;
constexpr std::uint64_t kNewSeeds = 400;

void expect_clean(std::uint64_t seed) {
  name_seed_when_aborting(seed);
  const auto report = run_and_report(seed);
  if (!report.empty()) ADD_FAILURE() << report;
}

TEST(Chaos, KeepsEveryPromiseWithTheSameSeedsEachTime) {
  if (const char* one = std::getenv("SIGNALBOX_SEED")) return expect_clean(std::strtoull(one, nullptr, 10));
  for (std::uint64_t seed = 1; seed <= kFixedSeeds && !HasFailure(); ++seed) expect_clean(seed);
}

TEST(Chaos, KeepsEveryPromiseWithSeedsThatFailedOnce) {
  std::ifstream file(SEEDS_FILE);
  ASSERT_TRUE(file) << SEEDS_FILE;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    expect_clean(std::strtoull(line.c_str(), nullptr, 10));
  }
}

TEST(Chaos, KeepsEveryPromiseWithNewSeeds) {
  const std::uint64_t first = std::random_device{}();
  fmt::print("seeds {} to {}\n", first, first + kNewSeeds - 1);
  for (auto seed = first; seed < first + kNewSeeds && !HasFailure(); ++seed) expect_clean(seed);
}

TEST(Chaos, IsTheSameForTheSameSeed) {
  Chaos first({.seed = 7});
  first.run();
  Chaos second({.seed = 7});
  second.run();
  EXPECT_EQ(first.digest(), second.digest());
  EXPECT_EQ(first.counts().steps, second.counts().steps);
  Chaos other({.seed = 8});
  other.run();
  EXPECT_NE(first.digest(), other.digest());
}

TEST(Chaos, CanBePlayedAgainFromItsTimeline) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Chaos chaos({.seed = seed});
    chaos.run();
    Player player(chaos.options());
    player.play_all(chaos.timeline());
    player.settle();
    EXPECT_EQ(player.invariants().digest(), chaos.digest()) << "seed " << seed;
  }
}

TEST(Chaos, ReachesEveryKindOfTrouble) {
  ChaosCounts all;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Chaos chaos({.seed = seed});
    chaos.run();
    all.add(chaos.counts());
  }
  EXPECT_GT(all.started, 1'000U);
  EXPECT_GT(all.switches, 300U);
  EXPECT_GT(all.faults, 1'000U);
}

}  // namespace
}  // namespace signalbox::simulate
