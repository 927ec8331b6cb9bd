#include "api/own_words.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "api/status.h"

namespace signalbox::api {
namespace {

const std::vector<std::string> kNames{"gemma",         "gemma-2",     "smollm2",
                                      "qwen2.5-coder", "caf\xC3\xA9", "say \"hi\""};

// What is left of the raw text. "|" where nothing was taken, so that the two cases cannot be mixed up.
std::string left_of(std::string_view raw) {
  const auto found = find_own_words(raw, kNames);
  EXPECT_EQ(found.length > 0, may_begin_with_own_words(raw) && found.length > 0);
  EXPECT_LE(found.length, raw.size());
  return found.length == 0 ? "|" : std::string(raw.substr(found.length));
}

TEST(OwnWords, AreTheSentencesOfTheFixedList) {
  EXPECT_EQ(left_of(R"(Queued for gemma (position 1).\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Waiting for smollm2 to finish, then gemma (position 12).\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Loading gemma.\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Starting gemma.\n\nHi)"), "Hi");
}

TEST(OwnWords, MayBeSeveralSentences) {
  EXPECT_EQ(
      left_of(R"(Waiting for smollm2 to finish, then gemma (position 3).\nQueued for gemma (position 1).\n)"
              R"(Loading gemma.\nStarting gemma.\n\n---\nHi)"),
      R"(---\nHi)");
}

TEST(OwnWords, LeaveTheAnswerAsItIs) {
  EXPECT_EQ(left_of(R"(Loading gemma.\n\n\n  code)"), R"(\n  code)");
  EXPECT_EQ(left_of(R"(Loading gemma.\n\nLoading gemma.\n\nHi)"), R"(Loading gemma.\n\nHi)");
}

TEST(OwnWords, MayStandAlone) {
  for (const std::string_view raw :
       {R"(Loading gemma.\n\n)", R"(Loading gemma.\n)", "Loading gemma.", R"(Loading gemma. \n)",
        R"(Loading gemma.\r\n)", R"(Loading gemma.\nStarting gemma.)",
        R"(Loading gemma.\nStarting gemma.\n\n)"}) {
    EXPECT_EQ(left_of(raw), "") << raw;
  }
}

TEST(OwnWords, NeedTheEmptyLineBeforeAnAnswer) {
  EXPECT_EQ(left_of(R"(Loading gemma.\nThe dishwasher is loading.)"), "|");
  EXPECT_EQ(left_of(R"(Loading gemma. The dishwasher.)"), "|");
  EXPECT_EQ(left_of(R"(Loading gemma.\n \nHi)"), "|");
}

TEST(OwnWords, AreNotARealAnswerThatLooksAlike) {
  for (const std::string_view raw : {"Loading the dishwasher.",
                                     R"(Loading the dishwasher.\n\nThen start it.)",
                                     R"(loading gemma.\n\nHi)",
                                     R"( Loading gemma.\n\nHi)",
                                     R"(Loading gemma\n\nHi)",
                                     R"(Loading gemma..\n\nHi)",
                                     R"(Loading  gemma.\n\nHi)",
                                     R"(Loading gemma-3.\n\nHi)",
                                     R"(Loading gem.\n\nHi)",
                                     R"(Loading .\n\nHi)",
                                     R"(Unloading gemma.\n\nHi)",
                                     R"(Queued for gemma.\n\nHi)",
                                     R"(Queued for gemma (position x).\n\nHi)",
                                     R"(Queued for gemma (position 0).\n\nHi)",
                                     R"(Queued for gemma (position 01).\n\nHi)",
                                     R"(Queued for gemma (position -1).\n\nHi)",
                                     R"(Queued for gemma (position ).\n\nHi)",
                                     R"(Queued for gemma (position 12345678901).\n\nHi)",
                                     R"(Queued for gemma (position 1)\n\nHi)",
                                     R"(Waiting for gemma (position 1).\n\nHi)",
                                     R"(Waiting for you to finish, then gemma (position 1).\n\nHi)",
                                     R"(Waiting for gemma to finish, then lunch (position 1).\n\nHi)",
                                     R"(Loading gemma (position 1).\n\nHi)",
                                     "",
                                     "Load",
                                     "Loading ",
                                     "Loading gemma",
                                     R"(Hi.\nLoading gemma.\n\n)"}) {
    EXPECT_EQ(left_of(raw), "|") << raw;
  }
}

TEST(OwnWords, KnowANameThatBeginsLikeAnother) {
  EXPECT_EQ(left_of(R"(Loading gemma-2.\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Waiting for gemma to finish, then gemma-2 (position 2).\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Waiting for gemma-2 to finish, then gemma (position 2).\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Loading qwen2.5-coder.\n\nHi)"), "Hi");
}

TEST(OwnWords, AreWhatTheStatusChunksSay) {
  StatusReport report{.model = "gemma",
                      .position = 3,
                      .queue_length = 5,
                      .active_model = "smollm2",
                      .blocking_model = "smollm2"};
  for (const auto status : {Status::queued, Status::waiting_for_model, Status::loading}) {
    for (const std::optional<double> progress :
         {std::optional<double>(), std::optional(0.5), std::optional(1.0)}) {
      report.status = status;
      report.progress = progress;
      const auto words = status_words(report);
      EXPECT_EQ(left_of(words + R"(\n\nHi)"), "Hi") << words;
    }
  }
}

TEST(OwnWords, AreFoundHoweverTheyAreEscaped) {
  EXPECT_EQ(left_of(R"(\u004coading gemma\u002e\u000a\u000AHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Loading caf\u00e9.\n\nHi)"), "Hi");
  EXPECT_EQ(left_of("Loading caf\xC3\xA9.\\n\\nHi"), "Hi");
  EXPECT_EQ(left_of(R"(Loading say \"hi\".\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Queued for g\u0065mma (position \u0031\u0030).\n\nHi)"), "Hi");
  EXPECT_EQ(left_of(R"(Loading gemma.\\n\\nHi)"), "|");
}

TEST(OwnWords, NeedConfiguredNames) {
  EXPECT_EQ(find_own_words(R"(Loading gemma.\n\nHi)", {}).length, 0U);
}

TEST(OwnWords, EndAfterAsManySentencesAsOneAnswerCanHave) {
  const auto words = [](std::size_t sentences) {
    std::string text;
    for (std::size_t i = 0; i < sentences; ++i) text += R"(Loading gemma.\n)";
    return text + R"(\nHi)";
  };
  EXPECT_EQ(left_of(words(kOwnSentencesMax)), "Hi");
  EXPECT_EQ(left_of(words(kOwnSentencesMax + 1)), "|");
  const auto long_text = words(100'000);
  EXPECT_LT(find_own_words(long_text, kNames).looked_at, 17 * (kOwnSentencesMax + 1));
}

TEST(OwnWords, AreSeenAtFirstSightWithEveryLetterEscaped) {
  std::string escaped;
  for (const char letter : std::string_view("Waiting for ")) {
    const std::string_view digits = "0123456789abcdef";
    escaped += "\\u00";
    escaped += digits[static_cast<unsigned char>(letter) >> 4U];
    escaped += digits[static_cast<unsigned char>(letter) & 15U];
  }
  EXPECT_EQ(escaped.size(), 72U);
  EXPECT_TRUE(may_begin_with_own_words(escaped));
  EXPECT_TRUE(may_begin_with_own_words("Starting gemma."));
  EXPECT_FALSE(may_begin_with_own_words("Hello"));
  EXPECT_FALSE(may_begin_with_own_words(""));
}

}  // namespace
}  // namespace signalbox::api
