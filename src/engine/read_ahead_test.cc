// When reading ahead goes on, pauses and ends. What a step reads is model_reader_test.cc's.
#include "engine/read_ahead.h"

#include <atomic>
#include <optional>
#include <semaphore>

#include <gtest/gtest.h>

#include "engine/test_loop.h"
#include "engine/test_pages.h"

namespace signalbox::engine {
namespace {

using End = ReadAheadNews::End;
using std::chrono::milliseconds;

constexpr std::uint64_t kStep = 64UL * 1024;
constexpr std::uint64_t kFile = 40 * kStep;

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::int64_t unix_seconds() const override { return 0; }
  void advance(Duration duration) { now_ += duration; }

 private:
  TimePoint now_{std::chrono::seconds(1000)};
};

// What the reader's thread asks before each step; it may outlive the test.
struct Steps {
  std::optional<std::uint64_t> memory() {
    if (++begun == held) {
      is_held.release();
      go_on.acquire();
    }
    return begun >= short_from ? 0 : 100 * ModelReader::kReserveBytes;
  }
  std::atomic<int> begun = 0;
  std::atomic<int> short_from = 1'000'000;
  std::atomic<int> held = 0;  // the step that waits for go_on
  std::binary_semaphore is_held{0};
  std::binary_semaphore go_on{0};
};

class ReadAheadTest : public testing::Test, public ReadAheadObserver {
 protected:
  void SetUp() override {
    SIGNALBOX_DROP_OR_SKIP(path_, kFile);
    read_ahead_.emplace(loop_.executor(), clock_, pace_, *this, options());
  }

  ReadAhead::Options options() {
    return {.reader = {.step_bytes = kStep,
                       .free_memory = [steps = steps_](std::uint64_t) { return steps->memory(); }},
            .pause = milliseconds(1)};
  }
  void read_ahead_ended(const ReadAheadNews& news) override { news_.push_back(news); }

  void start(const std::string& path) {
    read_ahead_->start({.model = ModelIndex(1), .name = "m", .path = path});
  }

  // A stream of ten pieces of 100 bytes a second, for so long.
  void stream_as_usual(Duration duration) {
    for (Duration gone{0}; gone < duration; gone += milliseconds(100)) piece();
  }
  void piece() {
    clock_.advance(milliseconds(100));
    pace_.came(100, clock_.now());
  }
  // Runs the loop to the end of the reading. With each turn of it two seconds of the stream pass;
  // `pieces_missing` says how many of their twenty pieces.
  template <class PiecesMissing>
  [[nodiscard]] bool run_to_the_end(PiecesMissing pieces_missing) {
    return loop_.run_until([&] {
      if (!news_.empty()) return true;
      const int missing = pieces_missing();
      for (int i = 0; i < missing; ++i) clock_.advance(milliseconds(100));
      for (int i = missing; i < 20; ++i) piece();
      return false;
    });
  }
  // Whether a step has begun since this was asked last: else the reading pauses.
  bool reads() { return std::exchange(seen_, steps_->begun.load()) != seen_; }

  TestFolder folder_;
  std::string path_ = folder_.write("m.gguf", std::string(kFile, 'm'));
  TestLoop loop_;
  HandClock clock_;
  TokenPace pace_;
  std::vector<ReadAheadNews> news_;
  std::shared_ptr<Steps> steps_ = std::make_shared<Steps>();
  int seen_ = 0;
  std::optional<ReadAhead> read_ahead_;
};

TEST_F(ReadAheadTest, ReadsAllOfTheFile) {
  start(path_);
  ASSERT_TRUE(loop_.run_until([&] { return !news_.empty(); }));
  EXPECT_EQ(news_[0].end, End::complete);
  EXPECT_EQ(news_[0].model, ModelIndex(1));
  EXPECT_EQ(news_[0].bytes_read, kFile);
  EXPECT_EQ(bytes_in_page_cache(path_, 0, kFile), kFile);
  read_ahead_->stop();
  EXPECT_EQ(news_.size(), 1U);
}

TEST_F(ReadAheadTest, EndsInTheMiddleWhenItIsStopped) {
  steps_->held = 3;
  start(path_);
  ASSERT_TRUE(loop_.run_until([&] { return steps_->is_held.try_acquire(); }));
  read_ahead_->stop();
  ASSERT_EQ(news_.size(), 1U) << "at once, whatever the disk does";
  EXPECT_EQ(news_[0].end, End::stopped);
  EXPECT_EQ(news_[0].bytes_read, 2 * kStep);
  steps_->go_on.release();
  // The next one waits for the thread, and so for the step that was held.
  start(folder_.path("none"));
  ASSERT_TRUE(loop_.run_until([&] { return news_.size() == 2; }));
  EXPECT_LE(bytes_in_page_cache(path_, 0, kFile), 3 * kStep);
}

TEST_F(ReadAheadTest, GivesItsPlaceToTheNext) {
  steps_->held = 3;
  start(path_);
  ASSERT_TRUE(loop_.run_until([&] { return steps_->is_held.try_acquire(); }));
  start(path_);
  EXPECT_EQ(news_.at(0).end, End::stopped);
  steps_->go_on.release();
  ASSERT_TRUE(loop_.run_until([&] { return news_.size() == 2; }));
  EXPECT_EQ(news_[1].end, End::complete);
}

TEST_F(ReadAheadTest, MayGoInTheMiddle) {
  steps_->held = 3;
  start(path_);
  ASSERT_TRUE(loop_.run_until([&] { return steps_->is_held.try_acquire(); }));
  read_ahead_.reset();
  EXPECT_EQ(news_.at(0).end, End::stopped);
  steps_->go_on.release();
  loop_.context().poll();
}

TEST_F(ReadAheadTest, EndsWhenMemoryGetsShort) {
  steps_->short_from = 3;
  start(path_);
  ASSERT_TRUE(loop_.run_until([&] { return !news_.empty(); }));
  EXPECT_EQ(news_[0].end, End::memory_short);
  EXPECT_EQ(news_[0].bytes_read, 2 * kStep);
}

TEST_F(ReadAheadTest, EndsWhenThereIsNoSuchFile) {
  start(folder_.path("none"));
  ASSERT_TRUE(loop_.run_until([&] { return !news_.empty(); }));
  EXPECT_EQ(news_[0].end, End::file_unreadable);
}

TEST_F(ReadAheadTest, DoesNotPauseWhileAnswersComeAsBefore) {
  pace_.began(clock_.now());
  stream_as_usual(std::chrono::seconds(3));
  start(path_);
  ASSERT_TRUE(run_to_the_end([] { return 0; }));
  EXPECT_EQ(news_[0].end, End::complete);
  EXPECT_EQ(news_[0].pauses, 0U);
}

TEST_F(ReadAheadTest, PausesWhileAnswersComeSlowerAndThenGoesOn) {
  pace_.began(clock_.now());
  stream_as_usual(std::chrono::seconds(3));
  start(path_);
  ASSERT_TRUE(run_to_the_end([turns = 0]() mutable { return ++turns <= 4 ? 10 : 0; }));
  EXPECT_EQ(news_[0].end, End::complete);
  EXPECT_GE(news_[0].pauses, 1U);
  EXPECT_LE(news_[0].pauses, ReadAhead::kPausesMax);
}

TEST_F(ReadAheadTest, GivesUpWhereItSlowsAnswersDownEachTime) {
  pace_.began(clock_.now());
  stream_as_usual(std::chrono::seconds(3));
  start(path_);
  ASSERT_TRUE(run_to_the_end([this] { return reads() ? 10 : 0; }));
  EXPECT_EQ(news_[0].end, End::clients_slowed);
  EXPECT_EQ(news_[0].pauses, ReadAhead::kPausesMax);
}

TEST_F(ReadAheadTest, GivesUpWhereNothingComesAnyMore) {
  pace_.began(clock_.now());
  stream_as_usual(std::chrono::seconds(3));
  start(path_);
  ASSERT_TRUE(run_to_the_end([] { return 20; }));
  EXPECT_EQ(news_[0].end, End::clients_slowed);
  EXPECT_EQ(news_[0].pauses, ReadAhead::kPausesMax);
  EXPECT_LT(news_[0].bytes_read, kFile / 2);
}

TEST_F(ReadAheadTest, GoesOnWhereAnswersAreSlowWithoutItToo) {
  pace_.began(clock_.now());
  stream_as_usual(std::chrono::seconds(3));
  start(path_);
  ASSERT_TRUE(run_to_the_end([] { return 10; }));
  EXPECT_EQ(news_[0].end, End::complete);
  EXPECT_GE(news_[0].pauses, 1U);
  EXPECT_LT(news_[0].pauses, ReadAhead::kPausesMax);
}

TEST_F(ReadAheadTest, IsNotHeldUpByAPaceOfWhichTooLittleIsKnown) {
  pace_.began(clock_.now());
  start(path_);
  ASSERT_TRUE(run_to_the_end([] { return 20; }));  // nothing comes
  EXPECT_EQ(news_[0].end, End::complete);
}

// The prompt is still computed when the reading begins, and then answers come at half their pace beside it.
TEST_F(ReadAheadTest, LearnsThePaceOfAnswersThatBeginWhileItReads) {
  pace_.began(clock_.now());
  start(path_);
  ASSERT_TRUE(run_to_the_end([this] { return reads() ? 10 : 0; }));
  EXPECT_EQ(news_[0].end, End::clients_slowed);
  EXPECT_EQ(news_[0].pauses, ReadAhead::kPausesMax);
}

}  // namespace
}  // namespace signalbox::engine
