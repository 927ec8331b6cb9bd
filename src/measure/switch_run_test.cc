#include "measure/switch_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::measure {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Sample answered(Duration first_token) {
  return {.ending = Ending::whole, .first_token = first_token};
}
Sample failed(const std::string& trouble) {
  return {.ending = Ending::failed, .trouble = trouble};
}

// What it asks, one after the other: "a" is not measured, "A" is.
std::string asked(SwitchRun& run, const std::vector<Sample>& samples) {
  std::string models;
  for (const auto& sample : samples) {
    const auto ask = run.next();
    if (!ask) return models + ".";
    models += run.is_measured() ? static_cast<char>(std::toupper(ask->model.front())) : ask->model.front();
    run.take(sample);
  }
  return models;
}

TEST(SwitchRun, WarmsBothModelsThenMeasuresThemInTurn) {
  SwitchRun run({"a", "b"}, 2);
  std::vector<Sample> samples;
  for (int i = 1; i <= 7; ++i) samples.push_back(answered(milliseconds(i)));
  EXPECT_EQ(asked(run, samples), "abABAB.");
  const auto& [to_a, to_b] = run.directions();
  EXPECT_EQ(to_a.from, "b");
  EXPECT_THAT(to_a.first_tokens, ElementsAre(milliseconds(3), milliseconds(5)));
  EXPECT_EQ(to_b.to, "b");
  EXPECT_THAT(to_b.first_tokens, ElementsAre(milliseconds(4), milliseconds(6)));
  EXPECT_EQ(run.done(), 4U);
  EXPECT_FALSE(run.has_given_up());
}

TEST(SwitchRun, MeasuresOnlyAfterTheOtherModelHasAnswered) {
  SwitchRun run({"a", "b"}, 2);
  const auto ok = answered(milliseconds(1));
  // The first switch to a fails: a must run once more before a switch to b is one.
  EXPECT_EQ(asked(run, {ok, ok, failed("no"), ok, ok, ok, ok, ok}), "abAaBAB.");
  EXPECT_EQ(run.directions()[0].failed, 1U);
  EXPECT_EQ(run.directions()[0].first_trouble, "no");
  EXPECT_THAT(run.directions()[0].first_tokens, ElementsAre(milliseconds(1)));
  EXPECT_THAT(run.directions()[1].first_tokens, ElementsAre(milliseconds(1), milliseconds(1)));
}

TEST(SwitchRun, CountsASwitchThatCouldNotBePreparedAsFailed) {
  SwitchRun run({"a", "b"}, 1);
  const auto ok = answered(milliseconds(1));
  EXPECT_EQ(asked(run, {ok, failed("one"), failed("two"), ok, ok, ok}), "abbaB.");
  EXPECT_EQ(run.directions()[0].failed, 1U);
  EXPECT_EQ(run.directions()[0].first_trouble, "two");
  EXPECT_EQ(run.directions()[1].failed, 0U);
}

TEST(SwitchRun, TakesAnAnswerWithoutATokenForAFailure) {
  SwitchRun run({"a", "b"}, 1);
  const auto ok = answered(milliseconds(1));
  asked(run, {ok, ok, {.ending = Ending::empty, .trouble = "no token"}});
  EXPECT_EQ(run.directions()[0].failed, 1U);
}

TEST(SwitchRun, GivesUpOnAServerThatOnlyFails) {
  SwitchRun run({"a", "b"}, 20);
  EXPECT_EQ(asked(run, std::vector<Sample>(9, failed("down"))), "abb.");
  EXPECT_TRUE(run.has_given_up());
  EXPECT_EQ(run.last_trouble(), "down");
  EXPECT_THAT(run.directions()[1].first_tokens, IsEmpty());
}

}  // namespace
}  // namespace signalbox::measure
