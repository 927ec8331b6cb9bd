#include "measure/spread.h"

#include <gtest/gtest.h>

namespace signalbox::measure {
namespace {

using std::chrono::milliseconds;

TEST(Spread, OfNothingIsZero) {
  EXPECT_EQ(spread_of({}), Spread());
}

TEST(Spread, OfOneIsThatOne) {
  const auto spread = spread_of({milliseconds(7)});
  EXPECT_EQ(spread.count, 1U);
  for (const auto value : {spread.min, spread.p10, spread.median, spread.p90, spread.p99, spread.max}) {
    EXPECT_EQ(value, milliseconds(7));
  }
}

TEST(Spread, LiesBetweenTwoValuesInProportion) {
  const auto spread = spread_of({milliseconds(40), milliseconds(10), milliseconds(30), milliseconds(20)});
  EXPECT_EQ(spread.min, milliseconds(10));
  EXPECT_EQ(spread.p10, milliseconds(13));
  EXPECT_EQ(spread.median, milliseconds(25));
  EXPECT_EQ(spread.p90, milliseconds(37));
  EXPECT_EQ(spread.max, milliseconds(40));
}

TEST(Spread, OfManyHasItsEdgesApart) {
  std::vector<Duration> durations;
  for (int i = 1000; i >= 0; --i) durations.emplace_back(milliseconds(i));
  const auto spread = spread_of(durations);
  EXPECT_EQ(spread.median, milliseconds(500));
  EXPECT_EQ(spread.p95, milliseconds(950));
  EXPECT_EQ(spread.p99, milliseconds(990));
}

}  // namespace
}  // namespace signalbox::measure
