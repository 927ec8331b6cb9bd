// The bounds of the queues and of the time in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Setup slow_b(std::vector<std::string> keys = {}) {
  return {.models = {{.name = "a"}, {.name = "b", .fake = {"load_until=@/b"}, .keys = std::move(keys)}}};
}

void expect_queue_full(const Reply& reply) {
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.error("type"), "server_busy");
  EXPECT_EQ(reply.error("code"), "queue_full");
  const auto error = reply.json().at("error").as_object();
  EXPECT_FALSE(error.at("queued").as_bool());
  EXPECT_GT(error.at("retry_after_ms").as_int64(), 0);
  const auto retry_after = std::atoi(reply.header("Retry-After").c_str());
  EXPECT_GE(retry_after, 1);
  EXPECT_LE(retry_after, 60);
}

TEST(Queue, ServesTenOfThirtyAndRefusesTwentyAtOnce) {
  TestServer server(slow_b({"queue_size: 10"}));
  std::vector<Connection> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(server.start_chat("b", {.stream = i % 2 == 0}));
  // Twenty are answered while the model still loads; ten wait.
  std::vector<Connection> waiting;
  int refused = 0;
  ASSERT_TRUE(eventually([&] {
    for (auto it = clients.begin(); it != clients.end();) {
      // A stream that waits has its status chunks, so look at the status line.
      if (!it->readable(Duration(0))) {
        ++it;
        continue;
      }
      auto head = it->read();
      const bool is_refusal = head.starts_with("HTTP/1.1 503");
      it->input() = std::move(head) + it->input();
      if (is_refusal) {
        expect_queue_full(it->read_reply());
        ++refused;
      } else {
        waiting.push_back(std::move(*it));
      }
      it = clients.erase(it);
    }
    return refused == 20;
  }));
  EXPECT_EQ(server.queue_length("b"), 10);
  EXPECT_EQ(server.state(), "loading");
  server.touch("b");
  for (auto& client : clients) waiting.push_back(std::move(client));
  ASSERT_THAT(waiting, SizeIs(10));
  for (auto& client : waiting) {
    const auto reply = client.read_reply();
    EXPECT_EQ(reply.status, 200U);
    EXPECT_THAT(reply.body, HasSubstr("w3"));
  }
  EXPECT_THAT(server.records("request"), SizeIs(10));
  EXPECT_TRUE(eventually([&] { return server.log("request failed").size() >= 20; }));
  EXPECT_THAT(server.log("request failed"), SizeIs(20)) << "one line a refusal";
}

TEST(Queue, OneMoreFitsAfterOneLeft) {
  TestServer server(slow_b({"queue_size: 1"}));
  auto first = server.start_chat("b", {});
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  expect_queue_full(server.chat("b"));
  first.close();
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 0; }));
  auto second = server.start_chat("b", {.stream = false});
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  server.touch("b");
  EXPECT_EQ(second.read_reply().status, 200U);
}

TEST(Queue, OfSizeZeroStillServesWhoNeedsNoWait) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"queue_size: 0", "slots: 1"}}},
       .scheduler = {"default_model: a"}});
  ASSERT_TRUE(eventually([&] { return server.active_model() == "a"; }));
  auto running = server.run_chat("a");
  expect_queue_full(server.chat("a"));
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  ASSERT_TRUE(eventually([&] { return server.busy_workers() == 0; }));
  EXPECT_EQ(server.chat("a").status, 200U);
}

TEST(Queue, OfOneModelLeavesTheOthersAlone) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"load_until=@/a"}, .keys = {"queue_size: 1"}}, {.name = "b"}}});
  auto a = server.start_chat("a", {});
  ASSERT_TRUE(eventually([&] { return server.queue_length("a") == 1; }));
  expect_queue_full(server.chat("a"));
  auto b = server.start_chat("b", {.stream = false});
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  server.touch("a");
  EXPECT_EQ(b.read_reply().status, 200U);
}

TEST(Queue, IsFirstComeFirstServed) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"load_until=@/a", "token_ms=1"}, .keys = {"slots: 1"}}}});
  std::vector<Connection> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(server.start_chat(
        "a", {.stream = false,
              .messages = R"([{"role":"user","content":"number )" + std::to_string(i) + R"("}])"}));
    ASSERT_TRUE(eventually([&] { return server.queue_length("a") == i + 1; }));
  }
  server.touch("a");
  for (auto& client : clients) EXPECT_EQ(client.read_reply().status, 200U);
  std::vector<std::string> order;
  for (const auto& request : server.engine_requests()) {
    order.emplace_back(request.at("messages").at(0).at("content").as_string());
  }
  EXPECT_THAT(order, ElementsAre("number 0", "number 1", "number 2", "number 3", "number 4", "number 5"));
}

TEST(WaitTimeout, EndsAWholeRequestAndTheLoadGoesOn) {
  TestServer server(slow_b({"wait_timeout: 100ms"}));
  const auto reply = server.chat("b");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.error("type"), "server_busy");
  EXPECT_EQ(reply.error("code"), "wait_timeout");
  EXPECT_TRUE(reply.json().at("error").at("queued").as_bool());
  EXPECT_THAT(reply.header("Retry-After"), Not(IsEmpty()));
  EXPECT_EQ(server.state(), "loading") << "so that the retry finds the model";
  server.touch("b");
  EXPECT_TRUE(eventually([&] { return server.active_model() == "b"; }));
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_THAT(server.records("start"), SizeIs(1));
}

TEST(WaitTimeout, DoesNotConcernStreams) {
  TestServer server(slow_b({"wait_timeout: 50ms"}));
  auto stream = server.stream_chat("b");
  const auto whole = server.chat("b");  // the limit has passed for both
  EXPECT_EQ(whole.error("code"), "wait_timeout");
  server.touch("b");
  EXPECT_TRUE(transcript_of(stream.rest()).done);
}

TEST(WaitTimeout, OfStreamsIsToldInTheStream) {
  TestServer server(slow_b({"stream_wait_timeout: 100ms"}));
  auto stream = server.stream_chat("b");
  const auto got = transcript_of(stream.rest());
  ASSERT_TRUE(got.error.has_value());
  EXPECT_EQ(got.error->at("code").as_string(), "wait_timeout");
  EXPECT_FALSE(got.done);
  EXPECT_EQ(stream.end(), End::clean);
  server.touch("b");
}

TEST(QueuedBytes, HaveALimitOfTheirOwn) {
  auto setup = slow_b();
  setup.server = {"max_queued_bytes: 4KiB"};
  TestServer server(setup);
  auto waiting = server.start_chat("b", {.more = R"("pad":")" + std::string(3000, 'x') + R"(")"});
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  const auto reply = server.chat("b", {.more = R"("pad":")" + std::string(3000, 'x') + R"(")"});
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.error("code"), "too_many_bytes");
  server.touch("b");
  EXPECT_EQ(waiting.read_reply().status, 200U);
}

TEST(Connections, HaveALimit) {
  auto setup = slow_b();
  setup.server = {"max_connections: 3"};
  TestServer server(setup);
  std::vector<Connection> idle;
  for (int i = 0; i < 3; ++i) idle.push_back(server.connect());
  // The three may still be on their way in, so ask until the limit is felt.
  ASSERT_TRUE(eventually([&] {
    auto extra = server.connect();
    extra.send(request_text("GET", "/health"));
    const auto reply = extra.read_reply();
    if (reply.status != 503U) return false;
    EXPECT_EQ(reply.error("code"), "too_many_connections");
    EXPECT_THAT(reply.header("Retry-After"), Not(IsEmpty()));
    return true;
  }));
  idle.clear();
  EXPECT_TRUE(eventually([&] { return server.get("/health").status == 200; }));
}

}  // namespace
}  // namespace signalbox::test
