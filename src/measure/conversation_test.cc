#include "measure/conversation.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::measure {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

TEST(Conversation, IsMadeOfAsManyWordsAsAreWanted) {
  const auto text = made_up_notes(3, 500);
  EXPECT_EQ(std::ranges::count(text, ' '), 501);
  EXPECT_EQ(text, made_up_notes(3, 500));
  EXPECT_NE(text.substr(0, 9), made_up_notes(4, 500).substr(0, 9)) << "no common beginning to be cached";
}

TEST(Conversation, TakesItsLengthFromASample) {
  // 200 words came to 25 tokens around them and 200 of their own.
  EXPECT_EQ(words_for(3425, 200, 225), 3400U);
  EXPECT_EQ(words_for(3425, 200, 425), 1700U);
  EXPECT_EQ(words_for(1, 200, 425), 1U);
  EXPECT_EQ(words_for(100, 200, 0), 15000U) << "nonsense from a server is survived";
}

TEST(Conversation, KeepsWhatWasSaidBeforeEachTurn) {
  Conversation conversation("m", 0, 5);
  EXPECT_EQ(conversation.opening().model, "m");
  EXPECT_THAT(conversation.opening().messages, SizeIs(1));
  conversation.take_opening("Words.\n");
  EXPECT_THAT(
      conversation.asking(0).messages,
      ElementsAre(conversation.opening().messages[0], Message{.role = "assistant", .content = "Words.\n"},
                  Field(&Message::role, "user")));
  conversation.take_turn(0, "House.");
  const auto next = conversation.asking(1).messages;
  EXPECT_THAT(next, SizeIs(5));
  EXPECT_EQ(next[2].content.substr(0, 11), "Question 1:");
  EXPECT_EQ(next[4].content.substr(0, 11), "Question 2:");
}

TEST(Conversation, IsPreparedByAnotherQuestionBehindTheSameWords) {
  Conversation conversation("m", 0, 5);
  conversation.take_opening("Words.");
  auto prepared = conversation.preparing(0).messages;
  auto asked = conversation.asking(0).messages;
  EXPECT_NE(prepared.back(), asked.back());
  prepared.pop_back();
  asked.pop_back();
  EXPECT_EQ(prepared, asked);
}

}  // namespace
}  // namespace signalbox::measure
