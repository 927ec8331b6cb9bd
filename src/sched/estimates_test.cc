#include "sched/estimates.h"

#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

using namespace std::chrono_literals;

constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);
constexpr ModelIndex kC(2);

Options three_models() {
  Options options;
  options.models.resize(3);
  return options;
}

TEST(Estimates, AreUnknownBeforeAnythingIsMeasured) {
  const Estimates estimates(three_models());
  EXPECT_EQ(estimates.costs(kA), Costs{});
}

TEST(Estimates, StartWithTheFirstMeasurementAndMoveWithTheNext) {
  Estimates estimates(three_models());
  estimates.note_changeover(kA, 4s);
  EXPECT_EQ(estimates.changeover(kA), 4s);
  estimates.note_changeover(kA, 6s);
  EXPECT_EQ(estimates.changeover(kA), 5s);
}

TEST(Estimates, ForgetWhatIsLongAgo) {
  Estimates estimates(three_models());
  for (int i = 0; i < 100; ++i) estimates.note_service(kA, 100s, std::nullopt);
  for (int i = 0; i < 100; ++i) estimates.note_service(kA, 1s, std::nullopt);
  EXPECT_GE(*estimates.service(kA), 1s);
  EXPECT_LT(*estimates.service(kA), 1001ms);
}

TEST(Estimates, OfANewModelAreTheMeanOfAll) {
  Estimates estimates(three_models());
  estimates.note_tail(kA, 2s);
  estimates.note_tail(kB, 4s);
  EXPECT_EQ(estimates.tail(kC), 3s);
  estimates.note_tail(kB, 8s);  // b is at 6 s now
  EXPECT_EQ(estimates.tail(kC), 4s);
  EXPECT_FALSE(estimates.service(kC)) << "nobody knows that one";
}

TEST(Estimates, MeasureTheTimePerTokenWhereTokensAreTold) {
  Estimates estimates(three_models());
  estimates.note_service(kA, 2s, std::nullopt);
  EXPECT_FALSE(estimates.per_token(kA));
  estimates.note_service(kA, 2s, 100);
  EXPECT_EQ(estimates.per_token(kA), 20ms);
  estimates.note_service(kA, 2s, 0);
  EXPECT_EQ(estimates.per_token(kA), 20ms) << "an answer without tokens says nothing";
}

TEST(Estimates, TakeWhatIsBelievedForOneMeasurement) {
  auto options = three_models();
  options.models[0].believed = {.service = 1s, .changeover = 2s, .tail = 3s, .per_token = 4ms};
  Estimates estimates(options);
  EXPECT_EQ(estimates.costs(kA), options.models[0].believed);
  EXPECT_EQ(estimates.costs(kB), options.models[0].believed) << "the mean of all";
  estimates.note_changeover(kA, 4s);
  EXPECT_EQ(estimates.changeover(kA), 3s);
}

TEST(Estimates, StayWhenTheyAreFixed) {
  auto options = three_models();
  options.learning = Learning::fixed;
  options.models[0].believed.service = 1s;
  Estimates estimates(options);
  estimates.note_service(kA, 9s, 3);
  EXPECT_EQ(estimates.service(kA), 1s);
  EXPECT_FALSE(estimates.per_token(kA));
}

}  // namespace
}  // namespace signalbox::sched
