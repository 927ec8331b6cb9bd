// With `overlap: auto`: the next engine comes up while the present one still answers, and serves once that
// one is gone.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/in_stream_error.h"
#include "integration/lives.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct OverlapSetup {
  std::vector<std::string> scheduler{};
  std::vector<std::string> fake_of_b{};
};

Setup overlapping(OverlapSetup given = {}) {
  Setup setup{
      .models = {{.name = "a", .fake = {"tokens_until=@/go"}}, {.name = "b", .fake = given.fake_of_b}},
      .scheduler = {"overlap: auto", "overlap_reserve: 0", "min_visit: 0"}};
  if (!given.scheduler.empty()) setup.scheduler = given.scheduler;
  return setup;
}

// "b" has been measured, "a" answers and will go on until the file "go" is there, and somebody waits for "b".
class Overlap {
 public:
  explicit Overlap(Setup setup) : server(std::move(setup)) {
    server.touch("go");
    server.touch("loaded");
    server.load("b");
    server.load("a");
    server.remove("go");
    server.remove("loaded");
    EXPECT_TRUE(eventually([&] { return server.log("engine started").size() == 2; }));
    first_engine = last_engine();
    running.emplace(server.run_chat("a", {.max_tokens = 8}));
    waiting.emplace(server.stream_chat("b"));
    static_cast<void>(waiting->next_status("waiting_for_model"));
  }
  [[nodiscard]] bool stands_by() const {
    return eventually([&] { return server.model_status("b").at("status").as_string() == "standing_by"; });
  }
  void expect_both_answers() {
    server.touch("go");
    EXPECT_EQ(transcript_of(running->rest()).text, "w0 w1 w2 w3 w4 w5 w6 w7");
    expect_waiting_is_served();
  }
  void expect_waiting_is_served() {
    EXPECT_TRUE(transcript_of(waiting->rest()).done);
    EXPECT_EQ(server.active_model(), "b");
    EXPECT_TRUE(eventually([&] { return server.engines().size() == 1; }));
  }
  [[nodiscard]] pid_t last_engine() const {
    return static_cast<pid_t>(server.log("engine started").back().at("pid").as_int64());
  }
  [[nodiscard]] std::string metrics() const { return server.get("/metrics").body; }

  TestServer server;
  pid_t first_engine = 0;
  std::optional<EventStream> running;
  std::optional<EventStream> waiting;
};

TEST(Overlap, LoadsTheNextModelWhileTheActiveOneStillAnswers) {
  Overlap world(overlapping({.fake_of_b = {"load_ms=50"}}));
  ASSERT_TRUE(world.stands_by());
  EXPECT_EQ(world.server.active_model(), "a");
  EXPECT_THAT(world.server.engines(), SizeIs(2));
  const auto status = world.server.status();
  EXPECT_EQ(status.at("status").as_string(), "switching");
  EXPECT_EQ(status.at("next_engine").at("model").as_string(), "b");
  EXPECT_EQ(status.at("next_engine").at("status").as_string(), "standing_by");
  world.expect_both_answers();
  EXPECT_FALSE(world.server.status().contains("next_engine"));
  EXPECT_THAT(lives(world.server), ElementsAre("start", "exit", "start", "start", "exit"));
  EXPECT_THAT(world.metrics(), HasSubstr(R"(signalbox_overlaps_total{event="used"} 1)"));
  ASSERT_TRUE(eventually([&] { return world.server.log("switch served").size() == 3; }));
  const auto line = world.server.log("switch served").back();
  EXPECT_GE(line.at("overlap_ms").as_int64(), 50);
  EXPECT_EQ(line.at("load_ms").as_int64(), 0);
}

TEST(Overlap, GoesOnWithALoadThatTheOldEngineDidNotWaitFor) {
  Overlap world(overlapping({.fake_of_b = {"load_until=@/loaded"}}));
  ASSERT_TRUE(
      eventually([&] { return world.server.model_status("b").at("status").as_string() == "loading"; }));
  world.server.touch("go");
  EXPECT_TRUE(transcript_of(world.running->rest()).done);
  static_cast<void>(world.waiting->next_status("loading"));
  EXPECT_EQ(world.server.active_model(), "");
  world.server.touch("loaded");
  world.expect_waiting_is_served();
}

TEST(Overlap, NeedsMemory) {
  Overlap world(overlapping({.scheduler = {"overlap: auto", "overlap_reserve: 1048576GiB", "min_visit: 0"}}));
  ASSERT_TRUE(eventually([&] { return world.server.log("no overlap").size() == 1; }));
  EXPECT_EQ(world.server.log("no overlap").front().at("reason").as_string(), "not enough memory");
  EXPECT_THAT(world.server.engines(), SizeIs(1));
  world.expect_both_answers();
  EXPECT_THAT(lives(world.server), ElementsAre("start", "exit", "start", "exit", "start"));
  EXPECT_THAT(world.metrics(), HasSubstr(R"(signalbox_overlaps_total{event="no_memory"} 1)"));
}

TEST(Overlap, NeedsAMeasurement) {
  TestServer server(overlapping());
  auto running = server.run_chat("a", {.max_tokens = 8});
  auto waiting = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return server.log("no overlap").size() == 1; }));
  EXPECT_THAT(std::string(server.log("no overlap").front().at("reason").as_string()),
              HasSubstr("not been measured"));
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  EXPECT_TRUE(transcript_of(waiting.rest()).done);
}

TEST(Overlap, TheYoungerEnginesDeathIsNobodysFailure) {
  Overlap world(overlapping());
  ASSERT_TRUE(world.stands_by());
  // The guard may tell of the process after the engine itself has spoken.
  ASSERT_TRUE(eventually([&] { return world.last_engine() != world.first_engine; }));
  ::kill(world.last_engine(), SIGKILL);
  ASSERT_TRUE(eventually([&] { return world.server.engines().size() == 1; }));
  world.expect_both_answers();
  EXPECT_TRUE(world.server.log("switch failed").empty());
}

TEST(Overlap, TheOlderEnginesDeathMakesRoomAtOnce) {
  Overlap world(overlapping());
  ASSERT_TRUE(world.stands_by());
  ::kill(world.first_engine, SIGKILL);
  static_cast<void>(expect_in_stream_error(*world.running, "engine_error"));
  world.expect_waiting_is_served();
}

TEST(Overlap, GoesAgainWhenNobodyWaitsForItAnyMore) {
  Overlap world(overlapping());
  ASSERT_TRUE(world.stands_by());
  world.waiting->connection().close();
  ASSERT_TRUE(eventually([&] { return world.server.engines().size() == 1; }));
  EXPECT_EQ(world.server.state(), "ready");
  world.server.touch("go");
  EXPECT_TRUE(transcript_of(world.running->rest()).done);
}

TEST(Overlap, AStopEndsBothEngines) {
  Overlap world(overlapping());
  ASSERT_TRUE(world.stands_by());
  world.server.signal(SIGTERM);
  world.server.touch("go");
  EXPECT_TRUE(transcript_of(world.running->rest()).done) << "what runs may finish";
  EXPECT_EQ(world.server.wait_exit(), 0);
  EXPECT_TRUE(eventually([&] { return world.server.processes().empty(); }));
}

TEST(Overlap, AKillOfTheServerLeavesNeitherEngine) {
  Overlap world(overlapping({.fake_of_b = {"fork_child"}}));
  ASSERT_TRUE(world.stands_by());
  world.server.expect_no_clean_exit();
  world.server.signal(SIGKILL);
  EXPECT_EQ(world.server.wait_exit(), 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return world.server.processes().empty(); }));
}

}  // namespace
}  // namespace signalbox::test
