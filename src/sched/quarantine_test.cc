#include "sched/quarantine.h"

#include <gtest/gtest.h>

#include "sched/scaled.h"

namespace signalbox::sched {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1000s};

TEST(Quarantine, IsNotThereBeforeAFailure) {
  const Quarantine quarantine;
  EXPECT_FALSE(quarantine.left(kStart));
  EXPECT_FALSE(quarantine.until());
}

TEST(Quarantine, BeginsWithFiveSecondsAndEndsByItself) {
  Quarantine quarantine;
  quarantine.begin(kStart, 0);
  EXPECT_EQ(quarantine.left(kStart), 5s);
  EXPECT_EQ(quarantine.left(kStart + 4s), 1s);
  EXPECT_FALSE(quarantine.left(kStart + 5s));
}

TEST(Quarantine, DoublesWithEachFailureUpToFiveMinutes) {
  Quarantine quarantine;
  for (const Duration expected : {Duration(5s), Duration(10s), Duration(20s), Duration(40s), Duration(80s),
                                  Duration(160s), Duration(5min), Duration(5min), Duration(5min)}) {
    quarantine.begin(kStart, 0);
    EXPECT_EQ(quarantine.left(kStart), expected);
  }
}

TEST(Quarantine, IsSpreadByTheJitterOfTheEvent) {
  Quarantine quarantine;
  quarantine.begin(kStart, 1000);
  EXPECT_EQ(quarantine.left(kStart), 6250ms);
  quarantine.reset();
  quarantine.begin(kStart, 500);
  EXPECT_EQ(quarantine.left(kStart), 5625ms);
  quarantine.reset();
  quarantine.begin(kStart, 4'000'000'000);  // an absurd number counts as the largest
  EXPECT_EQ(quarantine.left(kStart), 6250ms);
}

TEST(Quarantine, TakesItsJitterLaterToo) {
  Quarantine quarantine;
  quarantine.begin(kStart, 0);
  quarantine.spread(kStart + 1s, 1000);
  EXPECT_EQ(quarantine.left(kStart), 6250ms);
}

TEST(Quarantine, IgnoresLateJitterOnceLifted) {
  Quarantine quarantine;
  quarantine.begin(kStart, 0);
  quarantine.reset();
  quarantine.spread(kStart + 1s, 1000);
  EXPECT_FALSE(quarantine.left(kStart));
}

TEST(Quarantine, IsNotRevivedByLateJitter) {
  Quarantine quarantine;
  quarantine.begin(kStart, 0);
  quarantine.spread(kStart + 5s, 1000);
  EXPECT_FALSE(quarantine.left(kStart + 5s));
}

TEST(Quarantine, StartsOverAfterReset) {
  Quarantine quarantine;
  quarantine.begin(kStart, 0);
  quarantine.begin(kStart, 0);
  quarantine.reset();
  EXPECT_FALSE(quarantine.left(kStart));
  quarantine.begin(kStart, 0);
  EXPECT_EQ(quarantine.left(kStart), 5s);
}

TEST(Scaled, MultipliesInIntegers) {
  static_assert(scaled(2s, 1500) == 3s);
  static_assert(scaled(1us, 1999) == 1us);
  static_assert(scaled(1999us, 500) == 999us);
  static_assert(scaled(7s, 0) == 0s);
  static_assert(scaled(std::chrono::hours(24), 4'000'000'000) == std::chrono::hours(96'000'000));
}

}  // namespace
}  // namespace signalbox::sched
