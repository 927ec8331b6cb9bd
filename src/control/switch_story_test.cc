#include "control/switch_story.h"

#include <gtest/gtest.h>

namespace signalbox::control {
namespace {

using namespace std::chrono_literals;

constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);
constexpr Epoch kEpoch(7);
constexpr TimePoint kNow{};

sched::SwitchFinished finished() {
  return {.from = kA, .to = kB, .drain = 1s, .stop = 300ms, .load = 900ms, .total = 2200ms};
}

SwitchStory loaded() {
  SwitchStory story;
  story.engine_exited({.reason = "", .save = 100ms});
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
  EXPECT_FALSE(story.answer_began(Epoch(6), 0ms, true, kNow, kNow));
  story.engine_ready(Epoch(8), {});
  EXPECT_FALSE(story.answer_began(Epoch(8), 0ms, true, kNow, kNow))
      << "a reload is no switch until it says so";
}

TEST(SwitchStory, HasNoOldEngineInAFirstLoad) {
  auto story = loaded();
  const auto phases = story.finished({.from = std::nullopt, .to = kB, .load = 900ms, .total = 900ms}, kNow);
  EXPECT_EQ(phases.save, 0ms);
  EXPECT_EQ(phases.stop, 0ms);
}

}  // namespace
}  // namespace signalbox::control
