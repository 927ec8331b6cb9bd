// The shape of log lines: what a program parses and what a person reads.
#include "base/log.h"

#include <algorithm>
#include <array>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace signalbox::log {
namespace {

TEST(Log, WritesJsonWithTypedFields) {
  EXPECT_EQ(format_fields(Format::json, "switch started", {{"from", "a"}, {"waiters", 3}, {"first", true}}),
            R"("event":"switch started","from":"a","waiters":3,"first":true)");
}

TEST(Log, WritesTextThatReadsLikeASentence) {
  EXPECT_EQ(format_fields(Format::text, "switch started", {{"from", "a"}, {"waiters", 3}}),
            "switch started from=a waiters=3");
}

TEST(Log, QuotesTextThatWouldBreakTheLine) {
  EXPECT_EQ(format_fields(Format::text, "load failed", {{"reason", "no such file\nx"}}),
            R"(load failed reason="no such file\nx")");
  EXPECT_EQ(format_fields(Format::text, "e", {{"empty", ""}}), R"(e empty="")");
}

TEST(Log, EscapesWhatWouldBreakJson) {
  EXPECT_EQ(format_fields(Format::json, "e", {{"k", "a\"b\\c\x01"}}), R"("event":"e","k":"a\"b\\c\u0001")");
}

TEST(Log, KeepsOnlyWarningsBeforeStart) {
  EXPECT_FALSE(enabled(Level::info));
  EXPECT_TRUE(enabled(Level::warning));
}

// Standard error is a pipe that nobody reads for as long as this lives; then all of it is read.
class UnreadStandardError {
 public:
  UnreadStandardError() : original_(::dup(STDERR_FILENO)) {
    EXPECT_EQ(::pipe(pipe_.data()), 0);
    ::dup2(pipe_[1], STDERR_FILENO);
    ::close(pipe_[1]);
  }
  UnreadStandardError(const UnreadStandardError&) = delete;
  UnreadStandardError& operator=(const UnreadStandardError&) = delete;
  ~UnreadStandardError() {
    ::close(pipe_[0]);
    ::close(original_);
  }

  // Reads until `writer` is done and standard error is what it was; how many lines that were.
  template <class Writer>
  std::uint64_t read_lines_of(Writer writer) {
    std::uint64_t lines = 0;
    std::jthread reader([this, &lines] {
      std::array<char, 4096> bytes{};
      for (ssize_t got = 1; got > 0;) {
        got = ::read(pipe_[0], bytes.data(), bytes.size());
        lines += static_cast<std::uint64_t>(
            std::count(bytes.begin(), bytes.begin() + std::max<ssize_t>(got, 0), '\n'));
      }
    });
    writer();
    ::dup2(original_, STDERR_FILENO);  // the last writing end is closed
    reader.join();
    return lines;
  }

 private:
  int original_;
  std::array<int, 2> pipe_{};
};

TEST(Log, DropsAndCountsWhatNobodyReads) {
  constexpr std::uint64_t kLines = 20'000;
  UnreadStandardError nobody;
  start({.level = Level::info});
  for (std::uint64_t i = 0; i < kLines; ++i) info("a line that nobody reads", {{"number", i}});
  const auto dropped_lines = dropped();
  EXPECT_GT(dropped_lines, kLines / 4);
  const auto read_lines = nobody.read_lines_of([] { stop(); });
  EXPECT_EQ(read_lines + dropped_lines, kLines) << "no line is lost without being counted";
}

}  // namespace
}  // namespace signalbox::log
