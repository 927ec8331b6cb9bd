#include "measure/revisit_run.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/revisit_figures.h"

namespace signalbox::measure {
namespace {

using std::chrono::milliseconds;
using ::testing::SizeIs;

Sample answered(const std::string& text, Duration first_token = milliseconds(1)) {
  return {.ending = Ending::whole, .first_token = first_token, .text = text};
}
Sample failed(const std::string& trouble) {
  return {.ending = Ending::failed, .trouble = trouble};
}

constexpr std::string_view kLetters = "lopwba";  // of the steps, in the order of the enum

std::string step_text(const RevisitRun& run) {
  return std::string(1, kLetters[static_cast<std::size_t>(run.step())]) + std::to_string(run.conversation());
}

// Answers everything with what `answer` says; returns the steps as "l0 o0 p0 w0".
template <class Answer>
std::string play(RevisitRun& run, Answer answer) {
  std::string steps;
  while (const auto ask = run.next()) {
    steps += (steps.empty() ? "" : " ") + step_text(run);
    run.take(answer(*ask));
  }
  return steps;
}

TEST(RevisitRun, AsksTheSameTurnWithAndWithoutTheOtherModelBefore) {
  RevisitRun run({.model = "a", .between = "b"});
  std::vector<Ask> asks;
  EXPECT_EQ(play(run,
                 [&](const Ask& ask) {
                   asks.push_back(ask);
                   return answered("yes");
                 }),
            "l0 o0 p0 w0 p0 b0 a0");
  EXPECT_EQ(asks[3].messages, asks[6].messages);
  EXPECT_EQ(asks[2].messages, asks[4].messages);
  EXPECT_EQ(asks[5].model, "b");
  EXPECT_EQ(asks[6].model, "a");
}

TEST(RevisitRun, TakesConversationsInTurn) {
  RevisitRun run({.model = "a", .between = "b", .turns = 2, .conversations = 2});
  const auto steps = play(run, [](const Ask&) { return answered("yes"); });
  const std::string round = " p0 w0 p0 p1 w1 p1 b0 a0 b1 a1";
  EXPECT_EQ(steps, "l0 o0 o1" + round + round);
  EXPECT_THAT(run.turns(), SizeIs(4));
}

TEST(RevisitRun, MakesTheConversationAsLongAsTheServerCounts) {
  RevisitRun run({.model = "a", .between = "b", .tokens = 1000});
  std::string opening;
  play(run, [&](const Ask& ask) {
    if (run.step() == RevisitStep::open) opening = ask.messages[0].content;
    auto sample = answered("yes");
    sample.prompt_tokens = 425;  // two tokens a word, and 25 around them
    return sample;
  });
  EXPECT_TRUE(run.is_length_known());
  EXPECT_NEAR(static_cast<double>(std::ranges::count(opening, ' ')), 975.0 / 2, 15);
}

TEST(RevisitRun, ComparesTheAnswers) {
  RevisitRun run({.model = "a", .between = "b", .turns = 2});
  play(run, [&](const Ask&) {
    if (run.step() == RevisitStep::after)
      return answered(run.turn() == 0 ? "same" : "other", milliseconds(9));
    auto sample = answered("same", milliseconds(3));
    sample.cached = 3400;
    sample.computed = 12;
    return sample;
  });
  const auto figures = figures_of(run.turns());
  EXPECT_EQ(figures.measured, 2U);
  EXPECT_EQ(figures.same_answers, 1U);
  EXPECT_EQ(figures.warm.first_token.median, milliseconds(3));
  EXPECT_EQ(figures.after.first_token.median, milliseconds(9));
  EXPECT_EQ(figures.warm.cached, 3400U);
  EXPECT_EQ(figures.after.cached, std::nullopt) << "it was not told";
}

TEST(RevisitRun, LeavesATurnThatWentWrongAndGoesOn) {
  RevisitRun run({.model = "a", .between = "b", .turns = 2});
  const auto steps = play(run, [&](const Ask&) {
    return run.step() == RevisitStep::between && run.turn() == 0 ? failed("no b") : answered("yes");
  });
  EXPECT_EQ(steps, "l0 o0 p0 w0 p0 b0 p0 w0 p0 b0 a0");
  const auto figures = figures_of(run.turns());
  EXPECT_EQ(figures.measured, 1U);
  EXPECT_EQ(figures.failed, 1U);
  EXPECT_EQ(figures.first_trouble, "no b");
}

TEST(RevisitRun, LeavesAConversationThatDidNotBegin) {
  RevisitRun run({.model = "a", .between = "b", .turns = 2, .conversations = 2});
  const auto steps = play(run, [&](const Ask&) {
    return run.step() == RevisitStep::open && run.conversation() == 0 ? failed("too long") : answered("yes");
  });
  const std::string round = " p1 w1 p1 b1 a1";
  EXPECT_EQ(steps, "l0 o0 o1" + round + round);
  EXPECT_EQ(figures_of(run.turns()).failed, 2U);
}

TEST(RevisitRun, GivesUpOnAServerThatOnlyFails) {
  RevisitRun run({.model = "a", .between = "b", .conversations = 9});
  EXPECT_EQ(play(run, [](const Ask&) { return failed("down"); }), "l0 o0 o1");
  EXPECT_TRUE(run.has_given_up());
  EXPECT_EQ(run.last_trouble(), "down");
}

TEST(RevisitRun, TakesAPreparationWithoutATokenForDone) {
  RevisitRun run({.model = "a", .between = "b"});
  play(run, [&](const Ask&) {
    return run.step() == RevisitStep::prepare ? Sample{.ending = Ending::empty, .trouble = "no token"}
                                              : answered("yes");
  });
  EXPECT_EQ(figures_of(run.turns()).measured, 1U);
}

}  // namespace
}  // namespace signalbox::measure
