// Answers on the wire: streams byte for byte, large answers to slow readers, and readers that have stopped.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "http/server.h"
#include "http/test_server.h"

namespace signalbox::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using testing::Optional;

std::string outcome(const Result<void>& result) {
  if (result) return "ok";
  return result.error().code == ErrorCode::timeout  ? "timeout"
         : result.error().code == ErrorCode::closed ? "closed"
                                                    : "other";
}

asio::awaitable<void> three_events(std::shared_ptr<Exchange> exchange, History* history) {
  history->note("start " + outcome(co_await exchange->start_stream({{"X-Extra", "1"}})));
  history->note("write " + outcome(co_await exchange->write("data: one\n\n")));
  (void)co_await exchange->write("");
  (void)co_await exchange->write("data: three\n\n");
  history->note("finish " + outcome(co_await exchange->finish_stream()));
}

asio::awaitable<void> cut_off(std::shared_ptr<Exchange> exchange) {
  (void)co_await exchange->start_stream({});
  (void)co_await exchange->write("data: one\n\n");
}

// Writes without end, until it is told to stop.
asio::awaitable<void> endless(std::shared_ptr<Exchange> exchange, History* history) {
  (void)co_await exchange->start_stream({});
  const std::string event = "data: " + std::string(1000, 'x') + "\n\n";
  Result<void> written;
  while (written) written = co_await exchange->write(event);
  history->note("ended: " + outcome(written));
  history->note("then: " + outcome(co_await exchange->write(event)));
}

asio::awaitable<void> respond_large(std::shared_ptr<Exchange> exchange, std::size_t bytes, History* history) {
  Response response;
  response.body.resize(bytes);
  for (std::size_t i = 0; i < bytes; ++i) response.body[i] = static_cast<char>('a' + (i / 1000 + i) % 26);
  history->note("large: " + outcome(co_await exchange->respond(std::move(response))));
}

class ServerWriteTest : public testing::Test {
 protected:
  ServerWriteTest() {
    server_.route("GET", "/events", [this](std::shared_ptr<Exchange> exchange) {
      return three_events(std::move(exchange), &server_.history);
    });
    server_.route("GET", "/cut",
                  [](std::shared_ptr<Exchange> exchange) { return cut_off(std::move(exchange)); });
    server_.route("GET", "/endless", [this](std::shared_ptr<Exchange> exchange) {
      return endless(std::move(exchange), &server_.history);
    });
    server_.route("GET", "/large", [this](std::shared_ptr<Exchange> exchange) {
      return respond_large(std::move(exchange), kLarge, &server_.history);
    });
  }
  static constexpr std::size_t kLarge = 8'000'000;
  TestServer server_;
};

TEST_F(ServerWriteTest, StreamsChunksByteForByte) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/events", "X-Request-Id: r1\r\n"));
  EXPECT_EQ(client.receive_until("\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
            "chunked\r\nX-Request-Id: r1\r\n"
            "X-Extra: 1\r\nCache-Control: no-cache\r\nX-Accel-Buffering: no\r\n\r\n");
  EXPECT_EQ(client.receive_until("0\r\n\r\n"), "b\r\ndata: one\n\n\r\nd\r\ndata: three\n\n\r\n0\r\n\r\n");
  client.send(get("/hello"));
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(server_.history.await("finish ok"));
}

TEST_F(ServerWriteTest, StreamsToHttp10UntilItCloses) {
  server_.start();
  Client client = server_.connect();
  client.send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Answer answer = client.receive();
  EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
  EXPECT_EQ(answer.header("Transfer-Encoding"), std::nullopt);
  EXPECT_EQ(client.receive_to_the_end(), "data: one\n\ndata: three\n\n");
  EXPECT_FALSE(client.was_reset());
}

TEST_F(ServerWriteTest, StreamsNothingToHead) {
  server_.start();
  Client client = server_.connect();
  client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\nHEAD /endless HTTP/1.1\r\nHost: h\r\n\r\n" +
              get("/hello"));
  EXPECT_EQ(client.receive("HEAD").status, 200U);
  EXPECT_EQ(client.receive("HEAD").status, 200U);
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(server_.history.await("write closed"));
  EXPECT_TRUE(server_.history.await("ended: closed"));
}

TEST_F(ServerWriteTest, LeavesAnUnfinishedStreamVisiblyCut) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/cut"));
  EXPECT_EQ(client.receive().status, 200U);
  EXPECT_EQ(client.receive_to_the_end(), "b\r\ndata: one\n\n\r\n");
}

TEST_F(ServerWriteTest, SendsALargeAnswerWhole) {
  server_.start();
  Client client = server_.connect(Client::Buffers::tiny);
  client.send(get("/large"));
  const std::string body = client.receive().body;
  ASSERT_EQ(body.size(), kLarge);
  for (std::size_t i = 0; i < kLarge; i += 997)
    ASSERT_EQ(body[i], static_cast<char>('a' + (i / 1000 + i) % 26)) << i;
  EXPECT_TRUE(server_.history.await("large: ok"));
}

TEST_F(ServerWriteTest, ALargeAnswerDoesNotKeepOthersWaiting) {
  server_.start();
  Client stopped = server_.connect(Client::Buffers::tiny);
  stopped.send(get("/large"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(server_.ask(get("/hello")).body, "hello");
}

TEST_F(ServerWriteTest, AReaderThatHasStoppedEndsTheStream) {
  server_.options.client_stall_timeout = milliseconds(100);
  server_.start();
  Client client = server_.connect(Client::Buffers::tiny);
  client.send(get("/endless"));
  EXPECT_TRUE(server_.history.await("ended: timeout"));
  EXPECT_TRUE(server_.history.await("then: closed"));
  EXPECT_EQ(server_.ask(get("/hello")).status, 200U);
}

TEST_F(ServerWriteTest, AReaderThatHasStoppedEndsALargeAnswer) {
  server_.options.client_stall_timeout = milliseconds(100);
  server_.start();
  Client client = server_.connect(Client::Buffers::tiny);
  client.send(get("/large"));
  EXPECT_TRUE(server_.history.await("large: timeout"));
}

TEST_F(ServerWriteTest, AReaderThatHasStoppedEndsAStreamOverAUnixSocket) {
  std::string pattern = "/tmp/signalbox-http-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  server_.options.listen = "unix:" + folder + "/s.sock";
  server_.options.client_stall_timeout = milliseconds(100);
  server_.start();
  Client client = server_.connect();
  client.send(get("/endless"));
  EXPECT_TRUE(server_.history.await("ended: timeout"));
  server_.close();
  ::rmdir(folder.c_str());
}

TEST_F(ServerWriteTest, ASlowReaderIsNotTakenForOneThatStopped) {
  server_.options.client_stall_timeout = milliseconds(300);
  server_.start();
  Client client = server_.connect(Client::Buffers::tiny);
  client.send(get("/large"));
  // For several stall time-outs it takes so little that the kernel never reports room, then all the rest.
  std::string received;
  const auto slow_until = SystemClock().now() + milliseconds(1200);
  while (SystemClock().now() < slow_until) {
    received += client.receive_at_most(1500);
    Client::pause(milliseconds(20));
  }
  EXPECT_LT(received.size(), std::size_t{200'000});
  while (received.size() < kLarge) {
    const std::string more = client.receive_at_most(65536);
    ASSERT_FALSE(more.empty());
    received += more;
  }
  EXPECT_TRUE(server_.history.await("large: ok"));
}

TEST_F(ServerWriteTest, AReaderThatLeavesEndsTheStreamAtOnce) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/endless"));
  EXPECT_TRUE(client.receive_until("data: ").has_value());
  client.reset();
  EXPECT_TRUE(server_.history.await("ended: closed"));
}

TEST_F(ServerWriteTest, ManyStreamsGoSideBySide) {
  server_.start();
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(server_.connect());
  for (auto& client : clients) client.send(get("/events"));
  for (auto& client : clients) {
    EXPECT_EQ(client.receive().status, 200U);
    EXPECT_EQ(chunks_of(client.receive_until("0\r\n\r\n").value_or("")), "data: one\n\ndata: three\n\n");
  }
}

}  // namespace
}  // namespace signalbox::http
