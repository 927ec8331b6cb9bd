// The simulation's own tests: a planted violation is found, made short and printed.
#include "simulate/shrink.h"

#include <algorithm>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/chaos.h"

namespace signalbox::simulate {
namespace {

using namespace sched;
using testing::HasSubstr;

// A scheduler that forgets to tell whoever waited too long.
void forget_timeouts(Commands& commands) {
  std::erase_if(commands, [](const Command& command) {
    const auto* refused = std::get_if<RefuseRequest>(&command);
    return refused != nullptr && refused->refusal == Refusal::wait_timeout;
  });
}

// A scheduler that starts the same request twice.
void start_twice(Commands& commands) {
  const auto start = std::ranges::find_if(
      commands, [](const Command& command) { return std::holds_alternative<StartRequest>(command); });
  if (start != commands.end()) commands.push_back(Command(*start));
}

struct Planted {
  Recording run;
  std::string violation;
};

Planted find(const Tamper& tamper) {
  constexpr std::uint64_t kSeedsMax = 200;
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    Chaos chaos({.seed = seed, .tamper = tamper});
    chaos.run();
    if (chaos.violation().empty() || chaos.timeline().size() < 50) continue;
    return {.run = {.options = chaos.options(), .timeline = chaos.timeline()},
            .violation = chaos.violation()};
  }
  ADD_FAILURE() << "the planted violation was not found";
  return {};
}

TEST(Shrink, MakesAForgottenTimeoutOneArrival) {
  const auto planted = find(forget_timeouts);
  const auto shrunk = shrink(planted.run, [&](const Recording& run) {
    return replay(run.options, run.timeline, forget_timeouts) == planted.violation;
  });
  // An arrival, and a moment at which it should have been told.
  EXPECT_LE(shrunk.run.timeline.size(), 3U);
  EXPECT_LE(shrunk.trials, kTrialsMax);
  EXPECT_THAT(text_of(shrunk.run, "Planted"), HasSubstr("RequestArrived{.request = RequestId("));
}

TEST(Shrink, MakesADoubleStartAnArrivalAndALoad) {
  const auto planted = find(start_twice);
  const auto shrunk = shrink(planted.run, [&](const Recording& run) {
    return replay(run.options, run.timeline, start_twice) == planted.violation;
  });
  EXPECT_EQ(planted.violation, "a request started that does not wait");
  EXPECT_LE(shrunk.run.timeline.size(), 3U);
}

TEST(Shrink, StopsAfterItsTrials) {
  const auto planted = find(start_twice);
  constexpr std::uint32_t kFew = 5;
  const auto shrunk = shrink(
      planted.run,
      [&](const Recording& run) {
        return replay(run.options, run.timeline, start_twice) == planted.violation;
      },
      kFew);
  EXPECT_LE(shrunk.trials, kFew);
}

TEST(Player, GivesNewsToTheEngineTheyMean) {
  Options options;
  options.models.resize(1);
  const TimePoint t(Duration{1});
  Player player(options);
  // No engine was ever started: in no world could it exit.
  EXPECT_TRUE(player.play({.time = t, .event = EngineExited{}}).empty());
  EXPECT_EQ(player.invariants().steps(), 0U);
  player.play({.time = t, .event = RequestArrived{.request = RequestId(1), .model = ModelIndex(0)}});
  player.play({.time = t, .event = ModelFileChecked{.model = ModelIndex(0), .problem = std::nullopt}});
  ASSERT_TRUE(player.invariants().engine());
  player.play({.time = t, .event = EngineReady{.epoch = Epoch(), .slots = 1}, .starts_ago = 1});
  EXPECT_FALSE(player.invariants().engine()->ready);
  player.play({.time = t, .event = EngineReady{.epoch = Epoch(), .slots = 1}});
  EXPECT_TRUE(player.invariants().engine()->ready);
  EXPECT_TRUE(player.is_clean());
}

}  // namespace
}  // namespace signalbox::simulate
