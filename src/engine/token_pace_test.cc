#include "engine/token_pace.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(PaceChange, IsToldFromEnoughPiecesOnly) {
  constexpr Flow kBefore{.bytes = 10'000, .pieces = 50, .stream_time = seconds(5)};  // 2,000 B/s, 10 pieces/s
  struct Case {
    std::string what;
    Flow before;
    Flow during;
    PaceChange change;
  };
  for (const auto& [what, before, during, change] : {
           Case{"as before", kBefore, {2'000, 10, seconds(1)}, PaceChange::kept},
           Case{"faster", kBefore, {9'000, 45, seconds(1)}, PaceChange::kept},
           Case{"at the limit", kBefore, {1'600, 8, seconds(1)}, PaceChange::kept},
           Case{"below it", kBefore, {1'599, 8, seconds(1)}, PaceChange::slowed},
           Case{"two streams that are each as fast", kBefore, {4'000, 20, seconds(2)}, PaceChange::kept},
           Case{"the same bytes in fewer pieces", kBefore, {2'000, 2, seconds(1)}, PaceChange::kept},
           Case{"nothing any more", kBefore, {0, 0, seconds(1)}, PaceChange::slowed},
           Case{"too early", kBefore, {0, 0, milliseconds(799)}, PaceChange::unknown},
           Case{"too early, of many pieces a second",
                {100'000, 500, seconds(5)},
                {0, 0, milliseconds(499)},
                PaceChange::unknown},
           Case{"nothing streams", kBefore, {}, PaceChange::unknown},
           Case{"nothing streamed", {}, {2'000, 10, seconds(1)}, PaceChange::unknown},
           Case{"too little streamed", {1'400, 7, seconds(1)}, {0, 0, seconds(9)}, PaceChange::unknown},
           Case{"all at one moment", {1'400, 70, seconds(0)}, {0, 0, seconds(9)}, PaceChange::unknown},
           Case{"terabytes in years",
                {1ULL << 62U, 1ULL << 62U, seconds(1'000'000'000)},
                {1ULL << 61U, 1ULL << 61U, seconds(1'000'000'000)},
                PaceChange::slowed},
       }) {
    EXPECT_EQ(compare(before, during), change) << what;
  }
}

class TokenPaceTest : public testing::Test {
 protected:
  // So many pieces of 100 bytes, evenly.
  void stream(int pieces, Duration over) {
    for (int i = 0; i < pieces; ++i) {
      now_ += over / pieces;
      pace_.came(100, now_);
    }
  }
  TimePoint now_{seconds(1000)};
  TokenPace pace_;
};

TEST_F(TokenPaceTest, IsThatOfOneStream) {
  pace_.began(now_);
  stream(10, seconds(1));
  EXPECT_EQ(pace_.recent(now_), (Flow{.bytes = 1'000, .pieces = 10, .stream_time = seconds(1)}));
  pace_.began(now_);
  stream(20, seconds(1));
  EXPECT_EQ(pace_.recent(now_), (Flow{.bytes = 3'000, .pieces = 30, .stream_time = seconds(3)}));
  pace_.ended(now_);
  stream(10, seconds(1));
  EXPECT_EQ(compare({.bytes = 1'000, .pieces = 10, .stream_time = seconds(1)}, pace_.recent(now_)),
            PaceChange::kept)
      << "a stream that ends slows nothing down";
}

TEST_F(TokenPaceTest, ForgetsWhatIsLongAgo) {
  pace_.began(now_);
  stream(1000, seconds(10));
  stream(100, seconds(10));
  EXPECT_GE(pace_.recent(now_).stream_time, TokenPace::kWindow);
  EXPECT_LE(pace_.recent(now_).stream_time, 2 * TokenPace::kWindow);
  EXPECT_LE(pace_.recent(now_).pieces, 81U);
}

TEST_F(TokenPaceTest, SeesThatNothingComesAnyMore) {
  pace_.began(now_);
  stream(40, seconds(4));
  const auto before = pace_.recent(now_);
  const auto mark = pace_.total(now_);
  now_ += seconds(2);
  EXPECT_EQ(compare(before, pace_.total(now_) - mark), PaceChange::slowed);
}

TEST_F(TokenPaceTest, BeginsAnewWhenNothingStreamedBetween) {
  pace_.began(now_);
  stream(100, seconds(1));
  pace_.ended(now_);
  EXPECT_EQ(pace_.recent(now_).pieces, 100U) << "of a stream that just ended";
  now_ += milliseconds(100);
  pace_.began(now_);
  EXPECT_EQ(pace_.recent(now_), Flow()) << "this may be another engine";
}

TEST_F(TokenPaceTest, StandsStillWhileNothingStreams) {
  pace_.began(now_);
  stream(10, seconds(1));
  pace_.ended(now_);
  const auto mark = pace_.total(now_);
  EXPECT_EQ(pace_.total(now_ + seconds(100)) - mark, Flow());
}

class StillClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return TimePoint(seconds(1)); }
  [[nodiscard]] std::int64_t unix_seconds() const override { return 0; }
};

TEST(StreamPace, CountsNeitherItsFirstPieceNorAStreamThatNeverBegan) {
  const StillClock clock;
  TokenPace pace;
  {
    StreamPace silent(&pace, clock);
    StreamPace stream(&pace, clock);
    stream.came(7);
    stream.came(8);
    EXPECT_EQ(pace.total(clock.now()).bytes, 8U);
    stream.end();
    stream.end();
    stream.came(9);
    StreamPace unasked(nullptr, clock);
    unasked.came(1);
  }
  EXPECT_EQ(pace.total(clock.now()).pieces, 1U);
  EXPECT_EQ(pace.total(clock.now() + seconds(9)).stream_time, Duration(0)) << "none is left";
}

}  // namespace
}  // namespace signalbox::engine
