// The small types that everything stands on.
#include <gtest/gtest.h>

#include "base/assert.h"
#include "base/id.h"
#include "base/result.h"
#include "base/rope.h"
#include "base/time.h"

namespace signalbox {
namespace {

TEST(Assert, StopsTheProcessInEveryBuild) {
  EXPECT_DEATH(SB_ASSERT(1 + 1 == 3), "assertion failed: 1 \\+ 1 == 3");
}

TEST(Id, ComparesByNumber) {
  EXPECT_LT(RequestId(1), RequestId(2));
  EXPECT_EQ(RequestId(7), RequestId(7));
}

TEST(Rope, JoinsPiecesThatItDidNotCopy) {
  auto owner = std::make_shared<const std::string>("hello world");
  Rope rope;
  rope.append(owner, std::string_view(*owner).substr(0, 5));
  rope.append(std::string(", "));
  rope.append(owner, std::string_view(*owner).substr(6));
  EXPECT_EQ(rope.to_string(), "hello, world");
  EXPECT_EQ(rope.size(), 12U);
  EXPECT_EQ(rope.pieces().front().data(), owner->data());
}

TEST(Rope, OutlivesTheLastOtherOwner) {
  Rope rope;
  {
    auto owner = std::make_shared<const std::string>(100, 'x');
    rope.append(owner, *owner);
  }
  EXPECT_EQ(rope.to_string(), std::string(100, 'x'));
}

TEST(Result, CarriesASentence) {
  const Result<int> result = fail(ErrorCode::not_found, "no such model");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "no such model");
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  const TimePoint first = clock.now();
  EXPECT_LE(first, clock.now());
}

}  // namespace
}  // namespace signalbox
