#include "measure/mixed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::measure {
namespace {

using std::chrono::milliseconds;

MixedPlan plan_of(std::uint64_t seed) {
  return {
      .models = {"a", "b", "c"}, .requests = 3000, .rate_thousandths = 2000, .tokens_max = 16, .seed = seed};
}

TEST(Mixed, DrawsTheSameRequestsFromTheSameSeed) {
  const auto one = arrivals_of(plan_of(7));
  const auto again = arrivals_of(plan_of(7));
  const auto other = arrivals_of(plan_of(8));
  ASSERT_EQ(one.size(), again.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].at, again[i].at);
    EXPECT_EQ(one[i].ask.messages, again[i].ask.messages);
  }
  EXPECT_NE(one.back().at, other.back().at);
}

TEST(Mixed, DrawsThemAtTheRateThatIsWanted) {
  const auto arrivals = arrivals_of(plan_of(1));
  std::vector<std::size_t> counts(3);
  Duration last{0};
  for (const auto& arrival : arrivals) {
    ++counts[arrival.model];
    EXPECT_GE(arrival.at, last);
    EXPECT_GE(arrival.ask.tokens_max, 1U);
    EXPECT_LE(arrival.ask.tokens_max, 16U);
    last = arrival.at;
  }
  EXPECT_EQ(arrivals.front().at, Duration{0});
  EXPECT_NEAR(static_cast<double>(to_ms(last)), 1'500'000, 75'000) << "3,000 at two a second";
  for (const auto count : counts) EXPECT_NEAR(static_cast<double>(count), 1000, 100);
}

MixedRecord record(std::size_t model, Ending ending, int first_ms = 0) {
  return {.model = model,
          .sample = {.ending = ending,
                     .first_token = milliseconds(first_ms),
                     .total = milliseconds(2 * first_ms),
                     .trouble = ending == Ending::whole ? "" : std::string(name_of(ending))}};
}

TEST(Mixed, CountsEachEndingAndTimesWholeAnswersOnly) {
  const std::vector<MixedRecord> records = {record(0, Ending::whole, 10), record(1, Ending::whole, 30),
                                            record(0, Ending::rejected),  record(0, Ending::silent, 900),
                                            record(1, Ending::late),      record(1, Ending::failed),
                                            record(1, Ending::empty)};
  const auto all = figures_of(records);
  EXPECT_EQ(all.asked, 7U);
  EXPECT_EQ(all.whole, 2U);
  EXPECT_EQ(all.rejected, 1U);
  EXPECT_EQ(all.silent, 1U);
  EXPECT_EQ(all.late, 1U);
  EXPECT_EQ(all.failed, 2U);
  EXPECT_EQ(all.first_token.max, milliseconds(30));
  EXPECT_EQ(all.total.max, milliseconds(60));
  EXPECT_EQ(all.first_trouble, "silent");
  EXPECT_TRUE(all.has_failures());
  const auto first = figures_of(records, 0);
  EXPECT_EQ(first.asked, 3U);
  EXPECT_EQ(first.first_token.count, 1U);
}

TEST(Mixed, TakesARejectionForNoFailure) {
  EXPECT_FALSE(figures_of({record(0, Ending::rejected), record(0, Ending::whole, 1)}).has_failures());
}

}  // namespace
}  // namespace signalbox::measure
