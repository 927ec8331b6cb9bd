// The server's own end, asked for or not: nobody hangs, nothing is left.
#include <csignal>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AnyOf;

bool nothing_left(const TestServer& server) {
  return eventually([&] { return server.processes().empty(); }, std::chrono::seconds(10));
}

TEST(Shutdown, LetsRunningRequestsFinishAndRefusesWaitingOnes) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 2"}}, {.name = "b"}}});
  auto running = server.run_chat("a", {.max_tokens = 6});
  auto running_whole = server.start_chat("a", {.max_tokens = 6, .stream = false});
  ASSERT_TRUE(eventually([&] { return server.busy_engine_slots() == 2; }));
  auto queued = server.start_chat("a", {.stream = false});
  ASSERT_TRUE(eventually([&] { return server.queue_length("a") == 1; }));
  auto waiting = server.stream_chat("b");
  static_cast<void>(waiting.next_status("waiting_for_model"));
  server.signal(SIGTERM);
  const auto refused = queued.read_reply();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.error("code"), "shutting_down");
  const auto told = transcript_of(waiting.rest());
  ASSERT_TRUE(told.error.has_value());
  EXPECT_EQ(told.error->at("code").as_string(), "shutting_down");
  EXPECT_EQ(waiting.end(), End::clean);
  server.touch("go");
  EXPECT_EQ(transcript_of(running.rest()).text, "w0 w1 w2 w3 w4 w5");
  EXPECT_EQ(running_whole.read_reply().status, 200U);
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_TRUE(nothing_left(server));
}

TEST(Shutdown, EndsWhatRunsLongerThanTheGrace) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"tokens_until=@/never"}}}, .server = {"shutdown_grace: 200ms"}});
  auto running = server.run_chat("a");
  server.signal(SIGTERM);
  const auto told = transcript_of(running.rest());
  ASSERT_TRUE(told.error.has_value());
  EXPECT_EQ(told.error->at("code").as_string(), "shutting_down");
  EXPECT_EQ(running.end(), End::clean);
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_TRUE(nothing_left(server));
}

TEST(Shutdown, WhileLoadingTellsTheWaiters) {
  TestServer server({.models = {{.name = "a", .fake = {"load_hang"}}}});
  auto waiting = server.stream_chat("a");
  static_cast<void>(waiting.next_status("loading"));
  auto select = server.start("/v1/models/select?wait=true", R"({"model":"a"})");
  server.signal(SIGTERM);
  EXPECT_TRUE(transcript_of(waiting.rest()).error.has_value());
  EXPECT_THAT(select.read().substr(0, 12), AnyOf("HTTP/1.1 503", ""));
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_TRUE(nothing_left(server));
}

TEST(Shutdown, KillsAnEngineThatDoesNotWantTo) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"ignore_term", "fork_child"}}}, .engine = {"stop_timeout: 200ms"}});
  server.load("a");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_TRUE(nothing_left(server));
}

TEST(Shutdown, ByInterruptIsTheSame) {
  TestServer server({.models = {{.name = "a"}}});
  server.load("a");
  auto idle = server.connect();
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_exit(), 0);
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_TRUE(nothing_left(server));
}

TEST(Shutdown, IsNotHeldUpByOpenConnectionsOrListeners) {
  TestServer server({.models = {{.name = "a"}}});
  auto half = server.connect();
  half.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Le");
  EventStream events(server.connect());
  events.connection().send(request_text("GET", "/v1/events"));
  ASSERT_TRUE(events.next().has_value());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(std::chrono::seconds(20)), 0) << "long before any time-out of a request";
}

// No engine may outlive the server, whatever it does at that moment and whatever it started.
struct Death {
  std::string name;
  std::vector<std::string> fake;
  bool loading;
  friend void PrintTo(const Death& death, std::ostream* out) { *out << death.name; }
};

class KillOfTheServer : public testing::TestWithParam<Death> {};

TEST_P(KillOfTheServer, LeavesNoEngine) {
  TestServer server({.models = {{.name = "a", .fake = GetParam().fake}}});
  server.expect_no_clean_exit();
  auto stream = server.stream_chat("a", {.max_tokens = 100'000});
  if (GetParam().loading) {
    static_cast<void>(stream.next_status("loading"));
    ASSERT_TRUE(eventually([&] { return !server.engines().empty(); }));
  } else {
    static_cast<void>(stream.next_status("processing"));
    ASSERT_TRUE(eventually([&] { return server.busy_engine_slots() == 1; }));
  }
  server.signal(SIGKILL);
  EXPECT_EQ(server.wait_exit(), 128 + SIGKILL);
  EXPECT_TRUE(nothing_left(server));
}

INSTANTIATE_TEST_SUITE_P(Shutdown, KillOfTheServer,
                         testing::Values(Death{"loading", {"load_hang"}, true},
                                         Death{"loading_with_child", {"load_hang", "fork_child"}, true},
                                         Death{"running", {}, false},
                                         Death{"running_with_child", {"fork_child"}, false},
                                         Death{"stubborn", {"ignore_term", "fork_child"}, false}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace signalbox::test
