#include "kv/prompt_prefix.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::kv {
namespace {

constexpr std::size_t kBlock = PromptPrefix::kBlockBytes;

std::string text(std::size_t blocks, char filled_with = 'x') {
  return std::string(blocks * kBlock, filled_with);
}

TEST(PromptPrefix, CountsWholeBlocks) {
  EXPECT_EQ(PromptPrefix().blocks(), 0U);
  EXPECT_EQ(PromptPrefix("", std::string(kBlock - 1, 'x')).blocks(), 0U);
  EXPECT_EQ(PromptPrefix("", std::string((2 * kBlock) + 1, 'x')).blocks(), 2U);
  EXPECT_EQ(PromptPrefix("", text(PromptPrefix::kBlocksMax + 7)).blocks(), PromptPrefix::kBlocksMax);
}

TEST(PromptPrefix, SharesWhatTwoTextsBeginWith) {
  const PromptPrefix turn("", text(5));
  for (std::size_t shared = 0; shared <= 5; ++shared) {
    const PromptPrefix other("", text(shared) + text(3, 'y'));
    EXPECT_EQ(turn.common_blocks(other), shared);
    EXPECT_EQ(other.common_blocks(turn), shared);
  }
  EXPECT_EQ(turn.common_blocks(turn), 5U);
  EXPECT_EQ(turn.common_blocks(PromptPrefix()), 0U);
}

TEST(PromptPrefix, IsAnotherOneAfterTheFirstDifference) {
  EXPECT_EQ(PromptPrefix("", text(1) + text(2, 'y') + text(5)).common_blocks(PromptPrefix("", text(8))), 1U);
}

TEST(PromptPrefix, LeavesTheBracketAtTheEndOut) {
  EXPECT_EQ(PromptPrefix("", text(2) + "]"), PromptPrefix("", text(2)));
  EXPECT_EQ(PromptPrefix("", text(1).substr(1) + "]").blocks(), 0U);
}

TEST(PromptPrefix, KnowsToolsAsPartOfThePrompt) {
  EXPECT_EQ(PromptPrefix("[1]", text(3)).common_blocks(PromptPrefix("[2]", text(3))), 0U);
  EXPECT_EQ(PromptPrefix("[1]", text(3)).common_blocks(PromptPrefix("[1]", text(3))), 3U);
}

// Notes of an earlier version are read back.
constexpr std::uint64_t kFirst = 0x691a8b048b9c857b;
constexpr std::uint64_t kSecond = 0x957858d8fb72e46d;

TEST(PromptPrefix, HasTheSameHashesEverywhere) {
  const PromptPrefix prefix("[]", text(2, 'a'));
  ASSERT_EQ(prefix.blocks(), 2U);
  EXPECT_EQ(prefix.hashes()[0], kFirst);
  EXPECT_EQ(prefix.hashes()[1], kSecond);
  EXPECT_EQ(PromptPrefix::from_hashes({kFirst, kSecond}), prefix);
}

bool goes_on(const std::string& later, const std::string& earlier, std::string_view before = "") {
  return PromptText("", later).goes_on_from(PromptPrefix(before, earlier));
}

TEST(PromptText, GoesOnFromTheTurnBefore) {
  for (const auto& first : {text(2), text(2) + "tail", std::string("tail")}) {
    const auto turn = "[{\"content\":\"" + first + "\"}]";
    EXPECT_TRUE(goes_on("[{\"content\":\"" + first + "\"},{\"content\":\"x\"}]", turn)) << first.size();
    EXPECT_TRUE(goes_on(turn, turn));
    EXPECT_TRUE(goes_on(turn + " \n", turn + "  ")) << "space around it is none of it";
    EXPECT_FALSE(goes_on("[{\"content\":\"" + first + "!\"},{\"content\":\"x\"}]", turn));
    EXPECT_FALSE(goes_on("[{\"content\":\"" + first, turn)) << "shorter";
  }
  EXPECT_TRUE(goes_on("\"one two\"", "\"one\"")) << "a prompt that is a text";
  EXPECT_TRUE(goes_on("\"one \\\"two\\\"\"", "\"one \\\"\""));
}

TEST(PromptText, GoesOnFromNothingElse) {
  EXPECT_FALSE(goes_on(text(2), ""));
  EXPECT_FALSE(goes_on("", "[]"));
  EXPECT_FALSE(goes_on(text(3), text(2), "[other tools]"));
  EXPECT_FALSE(goes_on("tail", "tail", "[other tools]"));
  EXPECT_FALSE(goes_on(text(2, 'y'), text(2)));
}

TEST(PromptPrefix, CutsTooLongListsOff) {
  EXPECT_EQ(PromptPrefix::from_hashes(std::vector<std::uint64_t>(PromptPrefix::kBlocksMax + 1)).blocks(),
            PromptPrefix::kBlocksMax);
}

}  // namespace
}  // namespace signalbox::kv
