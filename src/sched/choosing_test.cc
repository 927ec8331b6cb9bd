// Rules 4c, 6 and 15: which model comes next, and how the limit grows with what waits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/world_test.h"

namespace signalbox::sched {
namespace {

using testing::ElementsAre;

class PricedWorld : public World {
 public:
  explicit PricedWorld(const Options& options) : World(options) {
    have_loaded("a");
    arrive("a0", "a");
    log();
  }
  // The model that comes when a0 is done.
  std::string next() {
    answer("a0");
    engine_exits();
    const auto log_lines = log();
    EXPECT_GE(log_lines.size(), 2U);
    return log_lines.back();
  }
};

TEST(NextModel, IsTheOneWithTheMostAgeForItsCost) {
  PricedWorld world(priced_models(3));
  world.arrive("b1", "b");
  world.advance(1s);
  world.arrive("c1", "c");
  world.arrive("c2", "c");
  world.advance(2s);  // b: 3 s for 7; c: 4 s for 9
  EXPECT_EQ(world.next(), "load c");
}

TEST(NextModel, IsTheOlderHeadWhenTheRestIsEqual) {
  PricedWorld world(priced_models(3));
  world.arrive("c1", "c");
  world.arrive("b1", "b");
  world.advance(1s);
  EXPECT_EQ(world.next(), "load c");
}

TEST(NextModel, TakesTheCostIntoAccount) {
  auto options = priced_models(3);
  options.models[2].believed.changeover = 40s;
  PricedWorld world(options);
  world.arrive("c1", "c");
  world.advance(1s);
  world.arrive("b1", "b");
  world.advance(2s);
  EXPECT_EQ(world.next(), "load b");
}

TEST(NextModel, CountsPriorityTwice) {
  PricedWorld world(priced_models(3));
  world.arrive("b1", "b");
  world.advance(1s);
  world.arrive("c1", "c", kPriority);
  world.advance(2s);  // b: 3 s; c: 2 x 2 s
  EXPECT_EQ(world.next(), "load c");
}

TEST(NextModel, IsChosenWhenTheGateCloses) {
  PricedWorld world(priced_models(3));
  world.arrive("b1", "b");
  world.advance(10s);
  for (const auto* name : {"c1", "c2", "c3", "c4", "c5"}) world.arrive(name, "c");
  world.advance(14s);  // T: 5 + 7 + 15 = 27 s; b1 has waited 24 s; c has 70 s of age for 15
  world.answer("a0");
  EXPECT_EQ(world.shown().target_model, World::model_of("c"));
  world.advance(4s);  // by now b1 has waited T
  world.engine_exits();
  EXPECT_THAT(world.log(), ElementsAre("stop a", "load c"));
}

TEST(NextModel, IsTheOldestHeadOnceThatHasWaitedTheLimit) {
  auto options = priced_models(3);
  PricedWorld world(options);
  world.arrive("b1", "b");
  world.advance(14s);
  world.arrive("c1", "c", kPriority);
  world.arrive("c2", "c", kPriority);
  world.advance(10s);  // T: 5 + 7 + 9 = 21 s; b1 has waited 24 s for 7, c 40 s for 9
  EXPECT_EQ(world.next(), "load b");
}

TEST(NextModel, IsAlwaysTheOldestHeadByLongestWait) {
  auto options = priced_models(3);
  options.next_model = NextModel::longest_wait;
  PricedWorld world(options);
  world.arrive("b1", "b");
  world.advance(1s);
  for (const auto* name : {"c1", "c2", "c3"}) world.arrive(name, "c");
  world.advance(9s);
  EXPECT_EQ(world.next(), "load b");
}

TEST(NextModel, HasNoStarvationLimitWhenItIsOff) {
  auto options = priced_models(3);
  options.starvation_limit = 0s;
  PricedWorld world(options);
  world.arrive("b1", "b");
  world.advance(100s);
  for (const auto* name : {"c1", "c2", "c3", "c4", "c5", "c6"}) world.arrive(name, "c");
  world.advance(100s);  // b: 200 s for 7; c: 600 s for 17
  EXPECT_EQ(world.next(), "load c");
}

TEST(NextModel, StaysWithTheOneWhoseFileWasLookedAt) {
  auto options = priced_models(3);
  World world(options, Checks::by_hand);
  world.arrive("a0", "a");
  world.file_turns_out_good("a");
  world.engine_becomes_ready();
  world.arrive("b1", "b");
  world.advance(1s);
  world.answer("a0");
  EXPECT_THAT(world.log(), ElementsAre("check a", "load a", "start a0", "check b"));
  for (const auto* name : {"c1", "c2", "c3"}) world.arrive(name, "c");
  world.advance(5s);  // c is worth more by now
  world.file_turns_out_good("b");
  EXPECT_THAT(world.log(), ElementsAre("stop a"));
  EXPECT_EQ(world.shown().target_model, World::model_of("b"));
}

TEST(Backlog, IsTheTimeToServeAllThatWaitsAndTheActiveModel) {
  PricedWorld world(priced_models(3));
  EXPECT_EQ(world.shown().backlog, 5s);  // a: 4 + 1
  world.arrive("b1", "b");
  world.arrive("b2", "b");
  EXPECT_EQ(world.shown().backlog, 5s + 9s);
  world.arrive("a1", "a");
  EXPECT_EQ(world.shown().backlog, 7s + 9s);
  world.arrive("c1", "c", kFlex);
  EXPECT_EQ(world.shown().backlog, 7s + 9s) << "flex waits behind all of it";
  world.leave("b1");
  EXPECT_EQ(world.shown().backlog, 7s + 7s);
  world.answer("a0");
  world.leave("b2");
  world.answer("a1");  // which lets c come for the flex request
  EXPECT_EQ(world.shown().backlog, 0s);
}

TEST(Backlog, RaisesTheLimitOfRule4c) {
  PricedWorld world(priced_models(3));
  world.arrive("a1", "a");
  world.arrive("b1", "b");
  EXPECT_EQ(world.next_deadline_in(), 21s) << "1.5 x (7 + 7)";
  world.arrive("b2", "b");
  EXPECT_EQ(world.next_deadline_in(), 24s);
  world.leave("b2");
  world.leave("a1");
  world.arrive("a2", "a");
  world.advance(20s);
  EXPECT_EQ(world.shown().status, ServerStatus::ready);
  world.advance(1s);
  EXPECT_THAT(world.switches(), ElementsAre("a -> b: starvation_limit"));
}

TEST(Backlog, SharesTheServiceOutAmongTheWorkers) {
  auto options = priced_models(2);
  options.models[1].workers = 4;
  PricedWorld world(options);
  world.arrive("b1", "b");
  EXPECT_EQ(world.shown().backlog, 5s + 5500ms);
}

}  // namespace
}  // namespace signalbox::sched
