// Where --help breaks its lines.
#include "cli/help_format.h"

#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

TEST(HelpFormat, BreaksBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 13), "one two three");
  EXPECT_EQ(wrapped("unbreakable is", 4), "unbreakable\nis");
  EXPECT_EQ(wrapped("", 4), "");
}

TEST(HelpFormat, KeepsLinesAndWhatTheyBeginWith) {
  EXPECT_EQ(wrapped("Examples:\n  signalbox status\n\nMore.", 20), "Examples:\n  signalbox status\n\nMore.");
}

TEST(HelpFormat, CountsCharacters) {
  EXPECT_EQ(wrapped("ää öö", 5), "ää öö");
}

}  // namespace
}  // namespace signalbox::cli
