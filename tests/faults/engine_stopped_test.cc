// The real engine stands still (SIGSTOP): it neither answers nor ends, as in a hung driver or a paused
// container. Each wait for it has a limit, and the server goes on with a new engine.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

// Long enough for a sound engine on a busy machine.
Setup impatient_setup() {
  return real_setup(
      {.scheduler = {"load_timeout: 3s"}, .engine = {"engine_timeout: 3s", "stop_timeout: 500ms"}});
}

TEST(EngineStopped, WhileItLoadsIsAFailedLoad) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  auto stream = server.stream_chat("a");
  ASSERT_TRUE(stop_engine_in_its_load(server));
  const auto ending = ending_of(stream);
  EXPECT_EQ(ending.how, How::told) << ending.words;
  EXPECT_EQ(ending.type, "model_load_failed");
  expect_recovered(server, "a");
}

TEST(EngineStopped, WhileItStreamsIsATimeOutInTheStream) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  auto stream = server.run_chat("a", exactly(1500));
  ASSERT_TRUE(signal_engines(server, SIGSTOP));
  const auto ending = ending_of(stream);
  EXPECT_EQ(ending.how, How::told) << ending.words;
  EXPECT_EQ(ending.type, "engine_timeout");
  expect_recovered(server, "a");
}

TEST(EngineStopped, WhileItIsIdleIsFoundByTheNextRequestsAndNotTheirProblem) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  server.load("a");
  ASSERT_TRUE(signal_engines(server, SIGSTOP));
  auto stream = server.start_chat("a", {});
  auto whole = server.start_chat("a", {.stream = false});
  EXPECT_EQ(ending_of(stream).how, How::done);
  EXPECT_EQ(ending_of(whole).status, 200U);
  expect_recovered(server, "a");
}

TEST(EngineStopped, WhileItStreamsIsNotTheProblemOfThoseWithoutAByte) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  auto stream = server.run_chat("a", exactly(1500));
  ASSERT_TRUE(signal_engines(server, SIGSTOP));
  auto whole = server.start_chat("a", {.stream = false});
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 2; }));
  EXPECT_EQ(ending_of(stream).type, "engine_timeout");
  EXPECT_EQ(ending_of(whole).status, 200U);
  expect_recovered(server, "a");
}

TEST(EngineStopped, WhenItIsAskedToStopIsKilled) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  server.load("a");
  ASSERT_TRUE(signal_engines(server, SIGSTOP));
  auto stream = server.stream_chat("b");
  EXPECT_EQ(ending_of(stream).how, How::done);
  expect_recovered(server, "b");
}

TEST(EngineStopped, AtTheServersOwnEndIsKilled) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  server.load("a");
  ASSERT_TRUE(signal_engines(server, SIGSTOP));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(std::chrono::seconds(20)), 0);
}

// The server itself stands still, with its engine and its clients alive.
TEST(ServerStopped, GoesOnWhereItWas) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(impatient_setup());
  auto stream = server.run_chat("a", exactly(100));
  server.signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return state_of(server.pid()) == 'T'; }));
  // Meanwhile the engine speaks on; a client that comes now is not lost.
  auto late = server.start_chat("a", {});
  static_cast<void>(late.readable(std::chrono::milliseconds(500)));
  server.signal(SIGCONT);
  EXPECT_EQ(ending_of(stream).how, How::done);
  EXPECT_EQ(ending_of(late).how, How::done);
  expect_recovered(server, "a");
}

}  // namespace
}  // namespace signalbox::test
