// Rule 5: who may still start while the last requests drain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Ask limited(std::uint32_t tokens_max) {
  return {.tokens_max = tokens_max};
}

// "a" with two places and 10 ms a token runs "a0", limited to 1,000 tokens (10 s); its gate is closed for b.
class DrainingWorld : public World {
 public:
  explicit DrainingWorld(Ask running = limited(1000)) : World(options()) {
    have_loaded("a");
    arrive("a0", "a", running);
    arrive("b1", "b");
    select("b");
    log();
    EXPECT_EQ(shown().status, ServerStatus::switching);
  }

 private:
  static Options options() {
    auto options = models(2);
    options.learning = Learning::fixed;
    options.models[0].workers = 2;
    options.models[0].believed.per_token = 10ms;
    return options;
  }
};

TEST(Backfill, StartsWhoeverEndsBeforeTheDrainDoes) {
  DrainingWorld world;
  world.advance(1s);
  world.arrive("long", "a", limited(901));
  world.arrive("short", "a", limited(900));
  EXPECT_THAT(world.log(), ElementsAre("start short at once"));
}

TEST(Backfill, TakesTheOldestFirstAndOnlyWhereThereIsRoom) {
  DrainingWorld world;
  world.arrive("pair", "a", {.places = 2, .tokens_max = 10});
  world.arrive("x", "a", limited(500));
  world.arrive("y", "a", limited(100));
  EXPECT_THAT(world.log(), ElementsAre("start x at once"));
  world.answer("x");
  EXPECT_THAT(world.log(), ElementsAre("start y"));
}

TEST(Backfill, DoesNotMoveTheEndOfTheDrain) {
  DrainingWorld world;
  world.arrive("x", "a", limited(1000));
  world.advance(5s);
  world.answer("a0");  // earlier than its limit; x runs until 10 s
  world.arrive("y", "a", limited(501));
  world.arrive("z", "a", limited(500));
  EXPECT_THAT(world.log(), ElementsAre("start x at once", "start z at once"));
  world.advance(5s);
  world.answer("x");
  world.answer("z");
  EXPECT_THAT(world.log(), ElementsAre("stop a")) << "y waits behind the switch";
}

TEST(Backfill, NeedsALimitOnBothSides) {
  DrainingWorld world;
  world.arrive("unlimited", "a");
  EXPECT_THAT(world.log(), IsEmpty());
  DrainingWorld other(Ask{});
  other.arrive("limited", "a", limited(1));
  EXPECT_THAT(other.log(), IsEmpty()) << "nobody knows when a0 ends";
}

TEST(Backfill, EndsWhenTheDrainIsOverdue) {
  DrainingWorld world;
  world.advance(10s);
  world.arrive("x", "a", limited(1));
  EXPECT_THAT(world.log(), IsEmpty());
}

TEST(Backfill, IsNotAnOrdinaryStart) {
  auto options = models(2);
  options.models[0].workers = 2;
  options.models[0].believed.per_token = 10ms;
  World world(options);
  world.have_loaded("a");
  world.arrive("a0", "a", limited(1000));
  world.select("b");
  world.advance(4s);
  world.arrive("x", "a", limited(100));
  world.advance(1s);
  world.answer("x");
  world.answer("a0");
  world.engine_exits();
  EXPECT_EQ(world.shown("a").costs.tail, 5s) << "from a0's start, not from x's";
}

}  // namespace
}  // namespace signalbox::sched
