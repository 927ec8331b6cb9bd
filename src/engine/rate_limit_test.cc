#include "engine/rate_limit.h"

#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

constexpr TimePoint at(int milliseconds) {
  return TimePoint(std::chrono::milliseconds(milliseconds));
}

TEST(RateLimit, LetsSoManyASecondThroughAndCountsTheRest) {
  RateLimit limit(2);
  EXPECT_TRUE(limit.allow(at(0)));
  EXPECT_TRUE(limit.allow(at(10)));
  EXPECT_FALSE(limit.allow(at(20)));
  EXPECT_FALSE(limit.allow(at(999)));
  EXPECT_EQ(limit.take_refused(), 2U);
  EXPECT_EQ(limit.take_refused(), 0U);
  EXPECT_TRUE(limit.allow(at(1000)));
  EXPECT_TRUE(limit.allow(at(1001)));
  EXPECT_FALSE(limit.allow(at(1002)));
}

TEST(RateLimit, DoesNotSaveUp) {
  RateLimit limit(1);
  EXPECT_TRUE(limit.allow(at(5'000)));
  EXPECT_FALSE(limit.allow(at(5'001)));
  EXPECT_TRUE(limit.allow(at(60'000)));
  EXPECT_FALSE(limit.allow(at(60'001)));
}

}  // namespace
}  // namespace signalbox::engine
