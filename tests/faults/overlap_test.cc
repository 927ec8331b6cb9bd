// Two real engines for a moment (`overlap: auto`), and the death of either.
#include <csignal>
#include <optional>

#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

Setup overlapping() {
  return real_setup({.scheduler = {"overlap: auto", "overlap_reserve: 64MiB", "min_visit: 0"}});
}

pid_t last_engine(const TestServer& server) {
  return static_cast<pid_t>(server.log("engine started").back().at("pid").as_int64());
}

bool is(const TestServer& server, std::string_view model, std::string_view status) {
  return eventually([&] { return server.model_status(model).at("status").as_string() == status; });
}

// "b" was measured; "a" answers and somebody waits for "b".
struct Draining {
  Draining() : server(overlapping()) {
    server.load("b");
    server.load("a");
    EXPECT_TRUE(eventually([&] { return server.log("engine started").size() == 2; }));
    older = last_engine(server);
    running.emplace(server.run_chat("a", exactly(1000)));
    waiting.emplace(server.stream_chat("b"));
  }
  void expect_served() {
    EXPECT_EQ(ending_of(*waiting).how, How::done);
    expect_recovered(server, "b");
  }
  FaultServer server;
  pid_t older = 0;
  std::optional<EventStream> running;
  std::optional<EventStream> waiting;
};

TEST(RealOverlap, HandsOver) {
  SKIP_WITHOUT_REAL_ENGINE();
  Draining world;
  ASSERT_TRUE(is(world.server, "b", "standing_by"));
  EXPECT_EQ(world.server.engines().size(), 2U);
  EXPECT_EQ(ending_of(*world.running).how, How::done);
  world.expect_served();
  EXPECT_GT(world.server.log("switch finished").back().at("overlap_ms").as_int64(), 0);
}

TEST(RealOverlap, OfAnEngineThatIsKilledInItsLoad) {
  SKIP_WITHOUT_REAL_ENGINE();
  Draining world;
  ASSERT_TRUE(eventually([&] { return last_engine(world.server) != world.older; }));
  ::kill(last_engine(world.server), SIGKILL);
  EXPECT_EQ(ending_of(*world.running).how, How::done);
  world.expect_served();
}

TEST(RealOverlap, OfAnEngineThatIsKilledWhileItStandsBy) {
  SKIP_WITHOUT_REAL_ENGINE();
  Draining world;
  ASSERT_TRUE(is(world.server, "b", "standing_by"));
  // The guard may tell of the process after the engine itself has spoken.
  ASSERT_TRUE(eventually([&] { return last_engine(world.server) != world.older; }));
  ::kill(last_engine(world.server), SIGKILL);
  EXPECT_EQ(ending_of(*world.running).how, How::done);
  world.expect_served();
}

TEST(RealOverlap, OfAnEngineThatIsKilledWhileItDrains) {
  SKIP_WITHOUT_REAL_ENGINE();
  Draining world;
  ASSERT_TRUE(is(world.server, "b", "standing_by"));
  ::kill(world.older, SIGKILL);
  EXPECT_EQ(ending_of(*world.running).how, How::told);
  world.expect_served();
}

}  // namespace
}  // namespace signalbox::test
