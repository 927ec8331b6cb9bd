#include "kv/saved_states.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Fingerprint kEngine(1);
constexpr Fingerprint kOtherEngine(2);

std::string text_of(const std::string& blocks) {
  std::string text;
  for (const char block : blocks) text += std::string(PromptPrefix::kBlockBytes, block);
  return text;
}

std::optional<SavedStates::Match> best_match(const SavedStates& states, const std::string& blocks,
                                             const std::string& tail = "") {
  const auto text = text_of(blocks) + tail;
  return states.best_match(kEngine, PromptText("", text));
}

SavedState state(std::uint64_t id, const std::string& blocks, std::uint64_t bytes = 10,
                 Fingerprint fingerprint = kEngine) {
  return {.id = StateId(id),
          .model = "m",
          .fingerprint = fingerprint,
          .prefix = PromptPrefix("", text_of(blocks)),
          .tokens = 1,
          .bytes = bytes};
}

TEST(SavedStates, FindsTheOneThatSharesMost) {
  SavedStates states(1000);
  EXPECT_FALSE(best_match(states, "abc"));
  EXPECT_THAT(states.add(state(1, "ab")), IsEmpty());
  EXPECT_THAT(states.add(state(2, "abcd")), IsEmpty());
  EXPECT_THAT(states.add(state(3, "x")), IsEmpty());
  const auto best = best_match(states, "abce");
  ASSERT_TRUE(best);
  EXPECT_EQ(best->id, StateId(2));
  EXPECT_EQ(best->blocks, 3U);
  EXPECT_FALSE(best_match(states, "y"));
}

TEST(SavedStates, PrefersOfEqualOnesTheOneUsedLast) {
  SavedStates states(1000);
  static_cast<void>(states.add(state(1, "ab")));
  static_cast<void>(states.add(state(2, "ab")));
  EXPECT_EQ(best_match(states, "ab")->id, StateId(2));
  states.touch(StateId(1));
  EXPECT_EQ(best_match(states, "ab")->id, StateId(1));
}

TEST(SavedStates, PrefersTheTurnBeforeToItsSibling) {
  SavedStates states(1000);
  auto turn = state(1, "ab");
  turn.prefix = PromptPrefix("", text_of("ab") + "one\"}]");
  auto sibling = state(2, "ab");
  sibling.prefix = PromptPrefix("", text_of("ab") + "two\"}]");
  static_cast<void>(states.add(turn));
  static_cast<void>(states.add(sibling));
  const auto next = best_match(states, "ab", "one\"},{\"more\"}]");
  EXPECT_EQ(next->id, StateId(1));
  EXPECT_TRUE(next->is_turn_before);
  EXPECT_FALSE(best_match(states, "ab", "three\"}]")->is_turn_before);
  EXPECT_EQ(best_match(states, "ab", "three\"}]")->id, StateId(2)) << "used last";
}

TEST(SavedStates, LetsNobodyGoForOneThatCannotStay) {
  SavedStates states(30);
  static_cast<void>(states.add(state(1, "a")));
  EXPECT_THAT(states.add(state(2, "b", 31)), ElementsAre(StateId(2)));
  EXPECT_NE(states.find(StateId(1)), nullptr);
  EXPECT_EQ(states.bytes(), 10U);
}

TEST(SavedStates, NeverGivesOneEngineTheStateOfAnother) {
  SavedStates states(1000);
  static_cast<void>(states.add(state(1, "ab", 10, kOtherEngine)));
  EXPECT_FALSE(best_match(states, "ab"));
}

TEST(SavedStates, LetsThoseUsedLongestAgoGoForItsBudget) {
  SavedStates states(30);
  static_cast<void>(states.add(state(1, "a")));
  static_cast<void>(states.add(state(2, "b")));
  static_cast<void>(states.add(state(3, "c")));
  EXPECT_EQ(states.bytes(), 30U);
  states.touch(StateId(1));
  EXPECT_THAT(states.add(state(4, "d", 15)), ElementsAre(StateId(2), StateId(3)));
  EXPECT_EQ(states.bytes(), 25U);
  EXPECT_NE(states.find(StateId(1)), nullptr);
}

TEST(SavedStates, DoesNotKeepWhatIsLargerThanItsBudget) {
  SavedStates states(30);
  EXPECT_THAT(states.add(state(1, "a", 31)), ElementsAre(StateId(1)));
  EXPECT_THAT(states.all(), IsEmpty());
  EXPECT_EQ(states.bytes(), 0U);
}

TEST(SavedStates, ForgetsWhatSuitsAModelNoMore) {
  SavedStates states(1000);
  static_cast<void>(states.add(state(1, "a", 10, kOtherEngine)));
  static_cast<void>(states.add(state(2, "a")));
  auto others = state(3, "a", 10, kOtherEngine);
  others.model = "n";
  static_cast<void>(states.add(others));
  EXPECT_THAT(states.erase_unsuited("m", kEngine), ElementsAre(StateId(1)));
  EXPECT_EQ(states.bytes(), 20U);
  EXPECT_FALSE(states.erase(StateId(1)));
}

TEST(SavedStates, RemembersChecksums) {
  SavedStates states(1000);
  static_cast<void>(states.add(state(1, "a")));
  EXPECT_FALSE(states.find(StateId(1))->checksum);
  states.set_checksum(StateId(1), 7);
  states.set_checksum(StateId(2), 8);  // gone meanwhile
  EXPECT_EQ(states.find(StateId(1))->checksum, 7U);
}

}  // namespace
}  // namespace signalbox::kv
