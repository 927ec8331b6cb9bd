// The real engine is killed (SIGKILL, as by the kernel when memory runs out) in every state it can be in.
#include <csignal>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

TEST(EngineKilled, WhileItLoadsIsToldToEachWaiter) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  auto stream = server.stream_chat("a");
  auto whole = server.start_chat("a", {.stream = false});
  ASSERT_TRUE(stop_engine_in_its_load(server));
  ASSERT_TRUE(eventually([&] { return server.queue_length("a") == 2; }));
  signal_engines(server, SIGKILL);
  const auto streamed = ending_of(stream);
  EXPECT_EQ(streamed.how, How::told) << streamed.words;
  EXPECT_EQ(streamed.type, "model_load_failed");
  EXPECT_THAT(streamed.words, HasSubstr("killed by signal 9"));
  EXPECT_EQ(ending_of(whole).status, 500U);
  expect_recovered(server, "a");
}

TEST(EngineKilled, WhileItIsIdleIsNoticedBeforeTheNextRequest) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  server.load("a");
  ASSERT_TRUE(signal_engines(server, SIGKILL));
  EXPECT_TRUE(eventually([&] { return server.state() != "ready"; }));
  expect_recovered(server, "a");
}

TEST(EngineKilled, WhileItReadsThePromptIsNotTheClientsProblem) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  server.load("a");
  auto stream = server.start_chat("a", {.max_tokens = 20, .messages = long_messages(300)});
  auto whole = server.start_chat("a", {.stream = false, .messages = long_messages(300)});
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 2; }));
  // So that it is killed before its first token, however fast the machine is.
  signal_engines(server, SIGSTOP);
  signal_engines(server, SIGKILL);
  EXPECT_EQ(ending_of(stream).how, How::done);
  EXPECT_EQ(ending_of(whole).status, 200U);
  expect_recovered(server, "a");
}

TEST(EngineKilled, TwiceOverTheSameRequestIsAnHttpError) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  server.load("a");
  auto whole = server.start_chat("a", {.stream = false, .messages = long_messages(600)});
  for (int death = 0; death < 2; ++death) {
    ASSERT_TRUE(eventually([&] { return server.in_flight() == 1; }));
    signal_engines(server, SIGKILL);
    ASSERT_TRUE(eventually([&] { return server.in_flight() == 0; }));
  }
  const auto ending = ending_of(whole);
  EXPECT_EQ(ending.status, 502U) << testing::PrintToString(ending);
  EXPECT_EQ(ending.type, "engine_error");
  EXPECT_THAT(ending.words, HasSubstr("twice"));
  expect_recovered(server, "a");
}

// Two of them are at the engine, six in the queue.
void kill_under_eight_requests() {
  FaultServer server(real_setup());
  server.load("a");
  ASSERT_TRUE(signal_engines(server, SIGSTOP));  // no byte before the kill
  std::vector<Connection> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(server.start_chat("a", {.stream = i % 2 == 0}));
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 2 && server.queue_length("a") == 6; }));
  ASSERT_TRUE(signal_engines(server, SIGKILL));
  for (auto& client : clients) {
    const auto ending = ending_of(client);
    EXPECT_TRUE(ending.good()) << testing::PrintToString(ending);
  }
  expect_recovered(server, "a");
}

TEST(EngineKilled, UnderEightRequestsWithoutAByteIsNotTheirProblemTenTimesOver) {
  SKIP_WITHOUT_REAL_ENGINE();
  for (int run = 1; run <= 10 && !testing::Test::HasFailure(); ++run) {
    SCOPED_TRACE(run);
    kill_under_eight_requests();
  }
}

TEST(EngineKilled, WhileItStreamsIsToldInTheStream) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  auto stream = server.run_chat("a", exactly(1500));
  auto chat = exactly(100);
  chat.stream = false;
  auto whole = server.start_chat("a", chat);
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 2; }));
  ASSERT_TRUE(signal_engines(server, SIGKILL));
  const auto ending = ending_of(stream);
  EXPECT_EQ(ending.how, How::told) << ending.words;
  EXPECT_EQ(ending.type, "engine_error");
  EXPECT_EQ(ending_of(whole).status, 200U) << "its client had had nothing";
  expect_recovered(server, "a");
}

TEST(EngineKilled, WhileItStopsLetsTheSwitchGoOn) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  server.load("a");
  signal_engines(server, SIGSTOP);  // or it would be gone before the kill
  auto stream = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return server.model_status("a").at("status").as_string() == "stopping"; }));
  signal_engines(server, SIGKILL);
  EXPECT_EQ(ending_of(stream).how, How::done);
  expect_recovered(server, "b");
}

TEST(EngineKilled, WithItsGuardLeavesNothing) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup());
  auto stream = server.run_chat("a", exactly(1500));
  for (const auto& guard : server.guards()) ::kill(guard.pid, SIGKILL);
  EXPECT_EQ(ending_of(stream).how, How::told);
  expect_recovered(server, "a");
}

}  // namespace
}  // namespace signalbox::test
