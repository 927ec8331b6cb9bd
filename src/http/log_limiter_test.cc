#include "http/log_limiter.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using std::chrono::seconds;
using testing::Eq;
using testing::Optional;

const TimePoint kStart{seconds(1000)};

TEST(LogLimiter, LetsTheFirstLinesOfAnIntervalPass) {
  LogLimiter limiter(2, seconds(10));
  EXPECT_THAT(limiter.admit(kStart), Optional(0U));
  EXPECT_THAT(limiter.admit(kStart + seconds(1)), Optional(0U));
  EXPECT_THAT(limiter.admit(kStart + seconds(2)), Eq(std::nullopt));
}

TEST(LogLimiter, TellsHowManyItHeldBack) {
  LogLimiter limiter(1, seconds(10));
  EXPECT_THAT(limiter.admit(kStart), Optional(0U));
  for (int i = 0; i < 5; ++i) EXPECT_THAT(limiter.admit(kStart + seconds(i)), Eq(std::nullopt));
  EXPECT_THAT(limiter.admit(kStart + seconds(10)), Optional(5U));
  EXPECT_THAT(limiter.admit(kStart + seconds(20)), Optional(0U));
}

TEST(LogLimiter, StartsTheNextIntervalWithItsFirstLine) {
  LogLimiter limiter(1, seconds(10));
  EXPECT_THAT(limiter.admit(kStart + seconds(25)), Optional(0U));
  EXPECT_THAT(limiter.admit(kStart + seconds(34)), Eq(std::nullopt));
  EXPECT_THAT(limiter.admit(kStart + seconds(35)), Optional(1U));
}

}  // namespace
}  // namespace signalbox::http
