// The server as its clients see it when everybody behaves.
#include "http/server.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_server.h"

namespace signalbox::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Optional;
using testing::StartsWith;

class ServerTest : public testing::Test {
 protected:
  TestServer server_;
};

TEST_F(ServerTest, AnswersARequest) {
  server_.start();
  const Answer answer = server_.ask(get("/hello"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_THAT(
      answer.head,
      StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Request-Id: req-"));
}

TEST_F(ServerTest, KeepsAConnectionForTheNextRequest) {
  server_.start();
  Client client = server_.connect();
  for (int i = 0; i < 100; ++i) {
    client.send(i % 2 == 0 ? get("/hello") : post("/echo", "again"));
    const Answer answer = client.receive();
    ASSERT_EQ(answer.status, 200U);
    ASSERT_EQ(answer.body, i % 2 == 0 ? "hello" : "again");
  }
}

TEST_F(ServerTest, ClosesWhenTheClientAsksForIt) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/hello", "Connection: close\r\n"));
  const Answer answer = client.receive();
  EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(ServerTest, ServesHttp10AndClosesUnlessAskedNotTo) {
  server_.start();
  Client once = server_.connect();
  once.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.receive().body, "hello");
  EXPECT_TRUE(once.closed_by_server());
  Client twice = server_.connect();
  for (int i = 0; i < 2; ++i) {
    twice.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(twice.receive().header("Connection"), Optional(std::string("keep-alive")));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  server_.start();
  Client client = server_.connect();
  client.send(post("/echo", "one") + get("/hello") + "\r\n" + post("/echo", "three"));
  EXPECT_EQ(client.receive().body, "one");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_EQ(client.receive().body, "three");
}

TEST_F(ServerTest, LetsOthersHaveTheirTurnBetweenPipelinedRequests) {
  server_.route("GET", "/turn", [this](std::shared_ptr<Exchange> exchange) {
    server_.history.note("request");
    boost::asio::post(server_.executor(), [this] { server_.history.note("somebody else"); });
    return [](std::shared_ptr<Exchange> it) -> boost::asio::awaitable<void> {
      (void)co_await it->respond({});
    }(std::move(exchange));
  });
  server_.start();
  Client client = server_.connect();
  client.send(get("/turn") + get("/turn") + get("/turn"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive().status, 200U);
  EXPECT_TRUE(server_.history.await("somebody else", 3));
  EXPECT_THAT(server_.history.notes(), ElementsAre("request", "somebody else", "request", "somebody else",
                                                   "request", "somebody else"));
}

TEST_F(ServerTest, UnderstandsAClientThatSendsByteByByte) {
  server_.start();
  Client client = server_.connect();
  client.send_byte_by_byte(post("/echo", "slow but fine") + get("/hello"));
  EXPECT_EQ(client.receive().body, "slow but fine");
  EXPECT_EQ(client.receive().body, "hello");
  client.send_byte_by_byte(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: "
      "u\r\n\r\n");
  EXPECT_EQ(client.receive().body, "abcde");
}

TEST_F(ServerTest, ReadsLargeBodiesOfBothFramings) {
  server_.start();
  std::string text(5'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + (i / 1000 + i) % 26);
  Client client = server_.connect();
  client.send(post("/echo", text));
  EXPECT_TRUE(client.receive().body == text);
  std::string chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < text.size(); at += 99'999) {
    const std::string chunk = text.substr(at, 99'999);
    chunked += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  client.send(chunked + "0\r\n\r\n");
  EXPECT_TRUE(client.receive().body == text);
}

TEST_F(ServerTest, GivesTheBodyToTheRouteAsItArrives) {
  server_.start();
  Client client = server_.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_TRUE(server_.history.await("piece", 1));
  client.send("def");
  EXPECT_TRUE(server_.history.await("piece", 2));
  EXPECT_EQ(client.receive().body, "abcdef");
}

TEST_F(ServerTest, AnswersEveryRequestWithAnId) {
  server_.start();
  EXPECT_THAT(server_.ask(get("/hello", "X-Request-Id: mine-1\r\n")).header("X-Request-Id"),
              Optional(std::string("mine-1")));
  for (const auto* request : {"/hello", "/nowhere"}) {
    const auto id = server_.ask(get(request, "X-Request-Id: not proper\r\n")).header("X-Request-Id");
    EXPECT_THAT(id.value_or(""), MatchesRegex("req-[0-9a-f]+")) << request;
  }
}

TEST_F(ServerTest, Says404And405WithTheTablesBodyAndAllow) {
  server_.start();
  const Answer unknown = server_.ask(get("/nowhere"));
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_THAT(unknown.body, HasSubstr("\"type\":\"invalid_request_error\""));
  EXPECT_THAT(unknown.body, HasSubstr("/nowhere"));
  const Answer wrong = server_.ask(post("/hello", ""));
  EXPECT_EQ(wrong.status, 405U);
  EXPECT_THAT(wrong.header("Allow"), Optional(std::string("GET, HEAD")));
  EXPECT_EQ(server_.ask("BREW /hello HTTP/1.1\r\nHost: h\r\n\r\n").status, 405U);
}

TEST_F(ServerTest, AnswersHeadLikeGetWithoutTheBody) {
  server_.start();
  Client client = server_.connect();
  client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  const Answer head = client.receive("HEAD");
  EXPECT_EQ(head.status, 200U);
  EXPECT_THAT(head.header("Content-Length"), Optional(std::string("5")));
  client.send(get("/hello"));
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerTest, AnswersOptionsWithAllow) {
  server_.start();
  Client client = server_.connect();
  client.send("OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 204U);
  EXPECT_THAT(answer.header("Allow"), Optional(std::string("POST")));
  EXPECT_EQ(answer.header("Content-Length"), std::nullopt);
  EXPECT_EQ(answer.header("Content-Type"), std::nullopt);
  client.send("OPTIONS /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.receive().status, 404U);
}

TEST_F(ServerTest, ShowsTheRouteADecodedPathAndARawQuery) {
  server_.route("GET", "/v1/models/*", [](const std::shared_ptr<Exchange>& exchange) {
    Response response;
    const RequestHead& head = exchange->head();
    response.body = head.method + " " + head.path + " " + head.query + " " +
                    std::string(head.header("x-test").value_or("-"));
    return [](std::shared_ptr<Exchange> it, Response answer) -> boost::asio::awaitable<void> {
      (void)co_await it->respond(std::move(answer));
    }(exchange, std::move(response));
  });
  server_.start();
  EXPECT_EQ(server_.ask(get("/v1/models/org%2Fname?a=%2F", "X-Test: yes\r\n")).body,
            "GET /v1/models/org/name a=%2F yes");
}

TEST_F(ServerTest, SaysContinueOnlyWhenTheRouteWantsTheBody) {
  server_.start();
  Client client = server_.connect();
  const std::string head = "Host: h\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n";
  client.send("POST /echo HTTP/1.1\r\n" + head);
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_EQ(client.receive().body, "body");
  client.send("POST /nowhere HTTP/1.1\r\n" + head);
  const Answer refused = client.receive();
  EXPECT_EQ(refused.status, 404U);
  EXPECT_THAT(refused.header("Connection"), Optional(std::string("close")));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, SaysNoContinueToAClientThatDidNotWaitForIt) {
  server_.start();
  Client client = server_.connect();
  client.send(post("/echo", "body", "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.receive().body, "body");
}

TEST_F(ServerTest, GoesOnAfterABodyThatNobodyWantedIfItIsThere) {
  server_.start();
  Client client = server_.connect();
  client.send(post("/ignore", "unwanted"));
  EXPECT_EQ(client.receive().body, "hello");
  client.send(get("/hello"));
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerTest, ClosesAfterABodyThatNobodyWantedAndThatHasNotCome) {
  server_.start();
  Client client = server_.connect();
  client.send("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.body, "hello");
  EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
}

TEST_F(ServerTest, ServesManyConnectionsAtOnce) {
  server_.start();
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(server_.connect());
  for (auto& client : clients) client.send(get("/hello"));
  for (auto& client : clients) EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerTest, ServesAUnixSocket) {
  std::string pattern = "/tmp/signalbox-http-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  server_.options.listen = "unix:" + folder + "/s.sock";
  server_.start();
  EXPECT_EQ(server_.address(), server_.options.listen);
  EXPECT_EQ(server_.ask(post("/echo", "over unix")).body, "over unix");
  server_.close();
  EXPECT_EQ(::rmdir(folder.c_str()), 0) << "the socket's file is still there";
}

TEST_F(ServerTest, LogsARouteThatThrowsAndClosesItsConnection) {
  server_.route("GET", "/throw", [](const std::shared_ptr<Exchange>&) -> boost::asio::awaitable<void> {
    throw std::runtime_error("a route's own mistake");
  });
  server_.start();
  Client client = server_.connect();
  client.send(get("/throw"));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(server_.ask(get("/hello")).body, "hello");
}

TEST_F(ServerTest, ClosesTheConnectionOfARouteThatDoesNotAnswer) {
  server_.route("GET", "/silent",
                [](std::shared_ptr<Exchange>) -> boost::asio::awaitable<void> { co_return; });
  server_.start();
  Client client = server_.connect();
  client.send(get("/silent"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  server_.start();
  boost::asio::io_context loop;
  const SystemClock clock;
  ServerOptions options;
  options.listen = server_.address().substr(std::string_view("http://").size());
  metrics::Metrics metrics({});
  Server second(loop.get_executor(), clock, metrics, options, Router());
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_THAT(started.error().message, HasSubstr(options.listen));
  EXPECT_THAT(started.error().message, HasSubstr("in use"));
}

}  // namespace
}  // namespace signalbox::http
