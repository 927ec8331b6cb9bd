#include "control/switch_story.h"

#include <gtest/gtest.h>

namespace signalbox::control {
namespace {

using namespace std::chrono_literals;

constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);
constexpr Epoch kOld(6);
constexpr Epoch kEpoch(7);
constexpr TimePoint kNow{};

sched::SwitchFinished finished() {
  return {.from = kA, .to = kB, .epoch = kEpoch, .drain = 1s, .stop = 300ms, .load = 900ms, .total = 2200ms};
}

SwitchStory loaded() {
  SwitchStory story;
  story.engine_ready(kOld, {});
  static_cast<void>(story.finished({.from = std::nullopt, .to = kA, .epoch = kOld}, kNow));
  story.engine_exited(kOld, {.reason = "", .save = 100ms});
  story.engine_ready(kEpoch, {.spawn = 50ms, .load = 600ms, .context = 200ms});
  return story;
}

TEST(SwitchStory, SharesTheWholeTimeOutAmongItsPhases) {
  auto story = loaded();
  const auto phases = story.finished(finished(), kNow);
  EXPECT_EQ(phases.drain, 1s);
  EXPECT_EQ(phases.save, 100ms);
  EXPECT_EQ(phases.stop, 200ms);
  EXPECT_EQ(phases.spawn, 50ms);
  EXPECT_EQ(phases.load, 650ms) << "with what nobody else accounts for";
  EXPECT_EQ(phases.context, 200ms);
  EXPECT_EQ(phases.drain + phases.save + phases.stop + phases.spawn + phases.load + phases.context, 2200ms);
}

TEST(SwitchStory, EndsWithTheFirstToken) {
  auto story = loaded();
  static_cast<void>(story.finished(finished(), kNow));
  const auto told = story.answer_began(kEpoch, 20ms, true, kNow + 5ms, kNow + 505ms);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->restore, 20ms);
  EXPECT_EQ(told->first_token, 480ms);
  EXPECT_EQ(told->total, 2705ms);
  EXPECT_EQ(told->from, kA);
  EXPECT_EQ(told->to, kB);
  EXPECT_FALSE(story.answer_began(kEpoch, 0ms, true, kNow, kNow)) << "it is told once";
}

TEST(SwitchStory, KnowsNoFirstTokenOfAWholeAnswer) {
  auto story = loaded();
  static_cast<void>(story.finished(finished(), kNow));
  const auto told = story.answer_began(kEpoch, 20ms, false, kNow, kNow + 1s);
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->first_token);
}

TEST(SwitchStory, IsNotAboutAnotherEngine) {
  auto story = loaded();
  static_cast<void>(story.finished(finished(), kNow));
  EXPECT_FALSE(story.answer_began(kOld, 0ms, true, kNow, kNow));
  story.engine_exited(kEpoch, {});
  story.engine_ready(Epoch(8), {});
  EXPECT_FALSE(story.answer_began(Epoch(8), 0ms, true, kNow, kNow))
      << "a reload is no switch until it says so";
}

TEST(SwitchStory, HasNoOldEngineInAFirstLoad) {
  auto story = loaded();
  const auto phases =
      story.finished({.from = std::nullopt, .to = kB, .epoch = kEpoch, .load = 900ms, .total = 900ms}, kNow);
  EXPECT_EQ(phases.save, 0ms);
  EXPECT_EQ(phases.stop, 0ms);
}

// What ran beside the old engine cost nobody any time.
TEST(SwitchStory, LeavesOutWhatWasHiddenByTheOverlap) {
  auto story = loaded();
  const auto phases = story.finished({.from = kA,
                                      .to = kB,
                                      .epoch = kEpoch,
                                      .drain = 5s,
                                      .stop = 300ms,
                                      .load = 300ms,
                                      .overlap = 600ms,
                                      .total = 5600ms},
                                     kNow);
  EXPECT_EQ(phases.spawn, 0ms);
  EXPECT_EQ(phases.load, 100ms);
  EXPECT_EQ(phases.context, 200ms);
  EXPECT_EQ(story.answer_began(kEpoch, 0ms, true, kNow, kNow)->overlap, 600ms);
}

TEST(SwitchStory, IsNotLostWhenTheNextEngineIsUpBeforeTheFirstAnswer) {
  auto story = loaded();
  static_cast<void>(story.finished(finished(), kNow));
  story.engine_ready(Epoch(8), {});
  story.engine_exited(Epoch(8), {});
  EXPECT_TRUE(story.answer_began(kEpoch, 0ms, true, kNow, kNow));
}

}  // namespace
}  // namespace signalbox::control
