// Clients that go away, at every stage of a request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::SizeIs;

Setup busy_a() {
  return {.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 2"}}, {.name = "b"}},
          .scheduler = {"heartbeat_interval: 50ms", "min_visit: 0"}};
}

TEST(Disconnect, WhileWaitingLeavesTheQueueAndTheOthersAreServed) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto leaving_runner = server.run_chat("a", {.max_tokens = 1000});
  std::vector<EventStream> leaving;
  for (int i = 0; i < 3; ++i) {
    leaving.push_back(server.stream_chat("b"));
    static_cast<void>(leaving.back().next_status("waiting_for_model"));
  }
  auto staying = server.stream_chat("b");
  EXPECT_EQ(staying.next_status("waiting_for_model").metadata().at("position").as_int64(), 4);
  ASSERT_EQ(server.queue_length("b"), 4);
  ASSERT_EQ(server.in_flight(), 2);
  for (auto& stream : leaving) stream.connection().close();
  leaving_runner.connection().close();
  EXPECT_TRUE(eventually([&] { return server.queue_length("b") == 1 && server.in_flight() == 1; }));
  EXPECT_TRUE(eventually([&] { return server.busy_engine_slots() == 1; }));
  EXPECT_TRUE(eventually([&] { return server.busy_workers() == 1; }));
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  EXPECT_TRUE(transcript_of(staying.rest()).done);
  EXPECT_THAT(server.records("request"), SizeIs(3)) << "those who left never reached an engine";
}

TEST(Disconnect, ByResetIsSeenLikeAnyOther) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto waiting = server.stream_chat("b");
  static_cast<void>(waiting.next_status("waiting_for_model"));
  waiting.connection().close(Close::reset);
  EXPECT_TRUE(eventually([&] { return server.queue_length("b") == 0; }));
  running.connection().close(Close::reset);
  EXPECT_TRUE(eventually([&] { return server.in_flight() == 0 && server.busy_engine_slots() == 0; }));
}

TEST(Disconnect, OfOneSideCountsToo) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto waiting = server.stream_chat("b");
  static_cast<void>(waiting.next_status("waiting_for_model"));
  waiting.connection().shutdown_write();
  EXPECT_TRUE(eventually([&] { return server.queue_length("b") == 0; }));
}

TEST(Disconnect, OfAWaiterWithoutAByteYet) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto whole = server.start_chat("b", {.stream = false});
  auto silent = server.start_chat("b", {.headers = {{"X-Status-Chunks", "off"}}});
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 2; }));
  whole.close();
  silent.close();
  EXPECT_TRUE(eventually([&] { return server.queue_length("b") == 0; }));
}

TEST(Disconnect, OfARunningWholeRequestCancelsItAtTheEngine) {
  TestServer server(busy_a());
  server.touch("go");
  server.load("a");
  server.remove("go");
  auto whole = server.start_chat("a", {.max_tokens = 1000, .stream = false});
  ASSERT_TRUE(eventually([&] { return server.busy_engine_slots() == 1; }));
  whole.close();
  EXPECT_TRUE(eventually([&] { return server.busy_engine_slots() == 0 && server.busy_workers() == 0; }));
  EXPECT_THAT(server.records("cancelled"), SizeIs(1));
}

TEST(Disconnect, BeforeTheEnginesFirstWordCancelsIt) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"hang_at_token=0"}}}, .scheduler = {"default_model: a"}});
  ASSERT_TRUE(eventually([&] { return server.active_model() == "a"; }));
  auto client = server.start_chat("a", {});
  ASSERT_TRUE(eventually([&] { return server.busy_engine_slots() == 1; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return server.busy_engine_slots() == 0 && server.busy_workers() == 0; }));
}

TEST(Disconnect, WhileLoadingLetsAFirstLoadGoOn) {
  TestServer server({.models = {{.name = "a"}, {.name = "b", .fake = {"load_until=@/b"}}}});
  auto stream = server.stream_chat("b");
  static_cast<void>(stream.next_status("loading"));
  // "loading" is told while the file is still looked at; before the engine is started nothing is lost by
  // leaving.
  ASSERT_TRUE(eventually([&] { return server.engines().size() == 1; }));
  stream.connection().close();
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 0; }));
  auto other = server.stream_chat("a");
  ASSERT_TRUE(eventually([&] { return server.queue_length("a") == 1; }));
  EXPECT_EQ(server.state(), "loading");
  EXPECT_EQ(server.status().at("target_model").as_string(), "b") << "never measured, so never abandoned";
  server.touch("b");
  EXPECT_TRUE(transcript_of(other.rest()).done);
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 1);
}

TEST(Disconnect, WhileLoadingAbandonsALoadThatIsKnownToBeLong) {
  TestServer server({.models = {{.name = "a"}, {.name = "b", .fake = {"load_ms=5000"}}}});
  server.load("b");
  server.load("a");
  auto stream = server.stream_chat("b");
  static_cast<void>(stream.next_status("loading"));
  auto other = server.stream_chat("a");
  ASSERT_TRUE(eventually([&] { return server.queue_length("a") == 1; }));
  stream.connection().close();
  EXPECT_TRUE(transcript_of(other.rest()).done);
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 1);
  EXPECT_EQ(server.model_status("a").at("loads").as_int64(), 2);
}

TEST(Disconnect, InTheMiddleOfARequestLeavesNothingBehind) {
  TestServer server(busy_a());
  auto head = server.connect();
  head.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n");
  auto body = server.connect();
  const auto text = request_text("POST", "/v1/chat/completions", chat_body("b", {}));
  body.send(text.substr(0, text.size() - 10));
  head.close();
  body.close();
  EXPECT_EQ(server.get("/health").status, 200U);
  EXPECT_EQ(server.queue_length("b"), 0);
}

TEST(Disconnect, OfASelectThatWaitsLeavesTheSwitchAlone) {
  TestServer server({.models = {{.name = "b", .fake = {"load_until=@/b"}}}});
  auto select = server.start("/v1/models/select?wait=true", R"({"model":"b"})");
  ASSERT_TRUE(eventually([&] { return server.state() == "loading"; }));
  select.close();
  server.touch("b");
  EXPECT_TRUE(eventually([&] { return server.active_model() == "b"; }));
}

TEST(Disconnect, WithASlotThatStaysBusyCostsTheEngineItsLife) {
  TestServer server({.models = {{.name = "a", .fake = {"slots_stuck"}}}});
  auto running = server.run_chat("a", {.max_tokens = 100'000});
  running.connection().close();
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 0; }));
  EXPECT_EQ(server.busy_workers(), 1) << "the engine has not said that the place is free";
  ASSERT_TRUE(eventually([&] { return server.engines().empty() || server.records("start").size() == 2; }))
      << "hung: a place must be free five seconds after its cancel";
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_THAT(server.records("start"), SizeIs(2));
}

}  // namespace
}  // namespace signalbox::test
