#include "cli/terminal.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

// Escape, DEL and U+009B, which terminals take for the beginning of a sequence.
const std::string kHostile =
    "{\"id\":\"a\x1b[2J\x7f\xc2\x9b"
    "1m\"}";

TEST(Terminal, GetsNoControlCharactersOfOthers) {
  EXPECT_EQ(printable(kHostile), R"({"id":"a [2J  1m"})");
  EXPECT_EQ(passed_on(kHostile, Medium::terminal), "{\"id\":\"a [2J  1m\"}\n");
}

TEST(Terminal, APipeGetsWhatCame) {
  EXPECT_EQ(passed_on(kHostile, Medium::file), kHostile + "\n");
}

}  // namespace
}  // namespace signalbox::cli
