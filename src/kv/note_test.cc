#include "kv/note.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::kv {
namespace {

const std::string kGood =
    R"({"version":2,"model":"m","fingerprint":1,"tokens":2,"bytes":3,"checksum":4,"prefix":[5,6],"tail_bytes":7,"tail_hash":8})";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Note, ReadsWhatItWrites) {
  const auto state = parse_note(kGood);
  ASSERT_TRUE(state);
  EXPECT_EQ(format_note(*state), kGood);
}

TEST(Note, RefusesWhatIsNone) {
  for (const auto& text :
       {std::string(), std::string("[]"), kGood.substr(0, kGood.size() - 1),
        with(kGood, "\"version\":2", "\"version\":1"), with(kGood, "\"m\"", "7"),
        with(kGood, "\"tokens\":2", "\"tokens\":-2"), with(kGood, "\"tokens\":2", "\"tokens\":4294967296"),
        with(kGood, "\"bytes\":3,", ""), with(kGood, "[5,6]", "[5,\"6\"]"), with(kGood, "[5,6]", "[5,-6]"),
        with(kGood, "[5,6]", "null"), with(kGood, ",\"checksum\":4", ""), with(kGood, ",\"tail_hash\":8", ""),
        with(kGood, "\"tail_bytes\":7", "\"tail_bytes\":256")}) {
    EXPECT_FALSE(parse_note(text)) << text;
  }
}

TEST(Note, RefusesAnEndlessPrefix) {
  std::string list = "[1";
  for (std::size_t i = 0; i < PromptPrefix::kBlocksMax; ++i) list += ",1";
  EXPECT_FALSE(parse_note(with(kGood, "[5,6]", list + "]")));
}

}  // namespace
}  // namespace signalbox::kv
