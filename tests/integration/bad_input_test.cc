// What must not be sent and will be: each gets its error or a closed connection in time, and nobody else is
// disturbed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kChat = "/v1/chat/completions";

Setup short_timeouts() {
  return {.models = {{.name = "a"}},
          .server = {"header_timeout: 300ms", "body_timeout: 300ms", "keep_alive_timeout: 500ms",
                     "max_header_bytes: 4KiB", "max_body_bytes: 64KiB"}};
}

// Whoever did what: the server goes on, and its queues are empty.
void expect_undisturbed(const TestServer& server) {
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_EQ(server.queue_length("a"), 0);
  EXPECT_EQ(server.in_flight(), 0);
}

std::string nested(std::size_t depth) {
  return R"({"model":"a","messages":[],"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

TEST(BadBody, IsRefusedWithTheTablesError) {
  TestServer server(short_timeouts());
  const std::string good_messages = R"("messages":[{"role":"user","content":"x"}])";
  const std::vector<std::string> bodies = {
      "",
      "not json",
      "{",
      R"({"model":"a",)" + good_messages,
      R"({"model":"a",)" + good_messages + "} and more",
      "[]",
      "null",
      R"("a")",
      "{}",
      "{" + good_messages + "}",
      R"({"model":7,)" + good_messages + "}",
      R"({"model":null,)" + good_messages + "}",
      R"({"model":"",)" + good_messages + "}",
      R"({"model":"a","stream":"yes",)" + good_messages + "}",
      R"({"model":"a","stream":1,)" + good_messages + "}",
      R"({"model":"a","n":0,)" + good_messages + "}",
      R"({"model":"a","n":-1,)" + good_messages + "}",
      R"({"model":"a","n":1.5,)" + good_messages + "}",
      R"({"model":"a","n":99999999999999999999,)" + good_messages + "}",
      R"({"model":"a","n":"2",)" + good_messages + "}",
      R"({"model":"a","max_tokens":-5,)" + good_messages + "}",
      R"({"model":"a","max_tokens":"many",)" + good_messages + "}",
      R"({"model":"a","stream_options":7,)" + good_messages + "}",
      R"({"model":"a","messages":"hello"})",
      R"({"model":"a","model":"a",)" + good_messages + "}",
      R"({"model":"a","mod\u0065l":"a",)" + good_messages + "}",
      R"({"model":"a",)" + good_messages + R"(,"x":"\ud800"})" + std::string(1, '\0'),
      "{\"model\":\"a\"," + good_messages + ",\"x\":\"\xff\xfe\"}",
      "{\"model\":\"a\"," + good_messages + ",\"x\":\"\xc0\xaf\"}",
      "{\"model\":\"a\"," + good_messages + ",\"x\":\"" + std::string(1, '\0') + "\"}",
      "{\"model\":\"a\"," + good_messages + ",\"x\":01}",
      "{\"model\":\"a\"," + good_messages + ",\"x\":tru}",
      "{\"model\":\"a\"," + good_messages + ",}",
      nested(1000),
  };
  for (const auto& body : bodies) {
    const auto reply = server.post(kChat, body);
    EXPECT_EQ(reply.status, 400U) << body.substr(0, 200);
    if (reply.status == 400U) {
      EXPECT_EQ(reply.error("type"), "invalid_request_error") << body.substr(0, 200);
    }
  }
  EXPECT_THAT(server.records("start"), IsEmpty()) << "none of them reached an engine";
  expect_undisturbed(server);
}

TEST(BadBody, NestedAHundredThousandDeepIsRefused) {
  auto setup = short_timeouts();
  setup.server.back() = "max_body_bytes: 64MiB";
  TestServer server(setup);
  const auto arrays = server.post(kChat, nested(100'000));
  EXPECT_EQ(arrays.status, 400U);
  EXPECT_THAT(arrays.error("message"), HasSubstr("512")) << "by this server and no engine";
  std::string objects = R"({"model":"a","messages":[],"x":)";
  for (int i = 0; i < 100'000; ++i) objects += R"({"x":)";
  EXPECT_EQ(server.post(kChat, objects).status, 400U);
  EXPECT_EQ(server.state(), "idle");
  expect_undisturbed(server);
}

TEST(BadBody, DeepButSaneIsServed) {
  TestServer server(short_timeouts());
  EXPECT_EQ(server.post(kChat, nested(400)).status, 200U);
}

TEST(BadBody, OnTheOtherRoutesIsRefusedToo) {
  TestServer server(short_timeouts());
  EXPECT_EQ(server.post("/v1/completions", R"({"prompt":"x"})").status, 400U);
  EXPECT_EQ(server.post("/v1/responses", R"({"model":"a","stream":[],"input":"x"})").status, 400U);
  EXPECT_EQ(server.post("/v1/responses", "{").status, 400U);
}

TEST(BadBody, UnknownModelIs404) {
  TestServer server(short_timeouts());
  for (const auto* target : {"/v1/chat/completions", "/v1/completions", "/v1/responses"}) {
    const auto reply = server.post(target, R"({"model":"nobody","messages":[],"prompt":"x","input":"x"})");
    EXPECT_EQ(reply.status, 404U) << target;
    EXPECT_EQ(reply.error("type"), "invalid_request_error");
    EXPECT_EQ(reply.error("code"), "model_not_found");
    EXPECT_EQ(reply.error("param"), "model");
  }
}

TEST(BadBody, OverTheLimitIs413) {
  TestServer server(short_timeouts());
  const std::string big = chat_body("a", {.more = R"("pad":")" + std::string(70'000, 'x') + R"(")"});
  auto declared = server.connect();
  declared.send(request_text("POST", kChat, big).substr(0, 2000));
  const auto reply = declared.read_reply();
  EXPECT_EQ(reply.status, 413U);
  EXPECT_EQ(reply.error("type"), "invalid_request_error");
  auto chunked = server.connect();
  chunked.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 9; ++i) chunked.send("2000\r\n" + std::string(0x2000, ' ') + "\r\n");
  EXPECT_EQ(chunked.read_reply().status, 413U);
  expect_undisturbed(server);
}

TEST(BadBody, InChunksIsReadLikeAnyOther) {
  TestServer server(short_timeouts());
  auto connection = server.connect();
  connection.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char byte : chat_body("a", {.stream = false}))
    connection.send(std::string("1\r\n") + byte + "\r\n");
  connection.send("0\r\n\r\n");
  EXPECT_EQ(connection.read_reply().status, 200U);
}

TEST(BadHead, OverTheLimitIs431) {
  TestServer server(short_timeouts());
  auto connection = server.connect();
  connection.send("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Pad: " + std::string(5000, 'x') + "\r\n\r\n");
  const auto reply = connection.read_reply();
  EXPECT_EQ(reply.status, 431U);
  EXPECT_EQ(reply.error("type"), "invalid_request_error");
  EXPECT_TRUE(connection.closed_by_peer());
  expect_undisturbed(server);
}

TEST(BadHead, GarbageIsRefusedOrClosed) {
  TestServer server(short_timeouts());
  const std::vector<std::string> garbage = {
      std::string("\0\x01\x02\xff\xfe\r\n\r\n", 9),
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET /health HTTP/1.1\r\nno colon here\r\n\r\n",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: "
      "6\r\n\r\nhello!",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
      "99999999999999999999999\r\n\r\n",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\nzz\r\nhello\r\n",
      "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),  // a TLS hello
  };
  for (const auto& bytes : garbage) {
    auto connection = server.connect();
    connection.send(bytes);
    auto answer = connection.read();
    EXPECT_THAT(answer, AnyOf(StartsWith("HTTP/1.1 4"), IsEmpty())) << bytes;
  }
  expect_undisturbed(server);
}

TEST(BadHead, AnExpectationThatIsNotKnownIs417) {
  TestServer server(short_timeouts());
  EXPECT_EQ(server.post(kChat, chat_body("a", {.stream = false}), {{"Expect", "miracles"}}).status, 417U);
}

TEST(BadHead, Expect100ContinueIsAnswered) {
  TestServer server(short_timeouts());
  auto connection = server.connect();
  const auto text =
      request_text("POST", kChat, chat_body("a", {.stream = false}), {{"Expect", "100-continue"}});
  const auto head_end = text.find("\r\n\r\n") + 4;
  connection.send(text.substr(0, head_end));
  EXPECT_EQ(connection.read_head().status, 100U);
  connection.send(text.substr(head_end));
  EXPECT_EQ(connection.read_reply().status, 200U);
}

TEST(SlowRequest, HalfAHeadThenSilenceIs408) {
  TestServer server(short_timeouts());
  auto connection = server.connect();
  connection.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-");
  const auto reply = connection.read_reply();
  EXPECT_EQ(reply.status, 408U);
  EXPECT_EQ(reply.error("type"), "timeout_error");
  EXPECT_TRUE(connection.closed_by_peer());
}

TEST(SlowRequest, HalfABodyThenSilenceIs408) {
  TestServer server(short_timeouts());
  auto connection = server.connect();
  const auto text = request_text("POST", kChat, chat_body("a", {}));
  connection.send(text.substr(0, text.size() - 5));
  const auto reply = connection.read_reply();
  EXPECT_EQ(reply.status, 408U);
  EXPECT_EQ(reply.error("type"), "timeout_error");
  EXPECT_TRUE(connection.closed_by_peer());
  expect_undisturbed(server);
}

TEST(SlowRequest, ASilentConnectionIsClosed) {
  TestServer server(short_timeouts());
  auto fresh = server.connect();
  auto used = server.connect();
  used.send(request_text("GET", "/health"));
  EXPECT_EQ(used.read_reply().status, 200U);
  EXPECT_TRUE(fresh.closed_by_peer());
  EXPECT_TRUE(used.closed_by_peer());
}

TEST(Pipelining, ProperRequestsAreAnsweredInOrder) {
  TestServer server(short_timeouts());
  auto connection = server.connect();
  connection.send(request_text("GET", "/health") + request_text("GET", "/nothing") +
                  request_text("GET", "/health"));
  EXPECT_EQ(connection.read_reply().status, 200U);
  EXPECT_EQ(connection.read_reply().status, 404U);
  EXPECT_EQ(connection.read_reply().status, 200U);
}

TEST(Pipelining, GarbageAfterARequestDoesNotSpoilItsAnswer) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"load_until=@/a"}}}, .server = {"max_header_bytes: 4KiB"}});
  auto connection = server.connect();
  connection.send(request_text("POST", kChat, chat_body("a", {.stream = false})) + "garbage without an end ");
  ASSERT_TRUE(eventually([&] { return server.queue_length("a") == 1; }));
  connection.send(std::string(20'000, 'x'));
  EXPECT_TRUE(stays([&] { return server.queue_length("a") == 1; }, std::chrono::milliseconds(50)));
  server.touch("a");
  EXPECT_EQ(connection.read_reply().status, 200U);
  const auto rest = connection.read();
  EXPECT_THAT(rest, AnyOf(StartsWith("HTTP/1.1 4"), IsEmpty()));
}

TEST(Secrets, NeverReachTheLog) {
  TestServer server(short_timeouts());
  EXPECT_EQ(server
                .chat("a", {.messages = R"([{"role":"user","content":"my-secret-prompt"}])",
                            .headers = {{"Authorization", "Bearer my-secret-key"}}})
                .status,
            200U);
  static_cast<void>(
      server.post(kChat, R"({"model":"my-secret-model-not","messages":[{"content":"my-secret-prompt")"));
  EXPECT_THAT(server.log_text(), Not(HasSubstr("my-secret-prompt")));
  EXPECT_THAT(server.log_text(), Not(HasSubstr("my-secret-key")));
}

}  // namespace
}  // namespace signalbox::test
