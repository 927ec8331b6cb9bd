// The shape of log lines: what a program parses and what a person reads.
#include "base/log.h"

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

}  // namespace
}  // namespace signalbox::log
