// What the server does to clients that are too slow, too big or too many: the table's answer or a closed
// connection.
#include <chrono>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "http/server.h"
#include "http/test_server.h"

namespace signalbox::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Optional;

constexpr std::string_view kPostHead = "POST /echo HTTP/1.1\r\nHost: h\r\n";

class ServerLimitsTest : public testing::Test {
 protected:
  // One answer of this status that closes the connection without a reset, and the server goes on.
  void expect_refusal(Client& client, unsigned status, std::string_view words) {
    const Answer answer = client.receive();
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(words));
    EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
    EXPECT_TRUE(answer.header("X-Request-Id").has_value());
    EXPECT_TRUE(client.closed_by_server());
    EXPECT_FALSE(client.was_reset());
  }

  TestServer server_;
};

TEST_F(ServerLimitsTest, HalfAHeadThenSilenceIs408) {
  server_.options.header_timeout = milliseconds(50);
  server_.start();
  Client client = server_.connect();
  client.send("GET /hello HTTP/1.1\r\nHos");
  expect_refusal(client, 408, "timeout_error");
  EXPECT_EQ(server_.ask(get("/hello")).status, 200U);
}

TEST_F(ServerLimitsTest, AConnectionThatSaysNothingAtFirstIs408) {
  server_.options.header_timeout = milliseconds(50);
  server_.start();
  Client client = server_.connect();
  expect_refusal(client, 408, "timeout_error");
}

TEST_F(ServerLimitsTest, ATrickleOfHeaderBytesDoesNotExtendTheTime) {
  server_.options.header_timeout = milliseconds(200);
  server_.start();
  Client client = server_.connect();
  client.send("GET /hello HTTP/1.1\r\nHost: h\r\nX: ");
  // Only the server's answer ends this, or the client's patience.
  const auto give_up = SystemClock().now() + kPatience;
  while (client.send("x") && !client.readable_within(milliseconds(5))) {
    ASSERT_LT(SystemClock().now(), give_up);
  }
  EXPECT_EQ(client.receive().status, 408U);
}

TEST_F(ServerLimitsTest, AnIdleConnectionIsClosedWithoutAWord) {
  server_.options.keep_alive_timeout = milliseconds(50);
  server_.start();
  Client client = server_.connect();
  client.send(get("/hello"));
  EXPECT_EQ(client.receive().status, 200U);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerLimitsTest, TheSecondHeadHasTheHeadersTimeNotTheIdleTime) {
  server_.options.header_timeout = milliseconds(50);
  server_.start();
  Client client = server_.connect();
  client.send(get("/hello") + "GET /hel");
  EXPECT_EQ(client.receive().status, 200U);
  expect_refusal(client, 408, "timeout_error");
}

TEST_F(ServerLimitsTest, ABodyWithoutAByteForTooLongIs408) {
  server_.options.body_timeout = milliseconds(50);
  server_.start();
  Client client = server_.connect();
  client.send(std::string(kPostHead) + "Content-Length: 10\r\n\r\nhalf");
  expect_refusal(client, 408, "timeout_error");
  EXPECT_TRUE(server_.history.await("refused 408"));
}

TEST_F(ServerLimitsTest, ABodyThatTricklesInIsWaitedFor) {
  server_.options.body_timeout = milliseconds(400);
  server_.start();
  Client client = server_.connect();
  client.send(std::string(kPostHead) + "Content-Length: 60\r\n\r\n");
  // 60 pauses of 10 ms are more than the time-out in all; each alone is far below.
  for (int i = 0; i < 60; ++i) {
    client.send("x");
    (void)client.readable_within(milliseconds(10));
  }
  EXPECT_EQ(client.receive().body, std::string(60, 'x'));
}

TEST_F(ServerLimitsTest, ABodyOverTheLimitIs413BeforeItIsSent) {
  server_.options.body_bytes_max = 100;
  server_.start();
  Client client = server_.connect();
  client.send(std::string(kPostHead) + "Content-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  expect_refusal(client, 413, "101 bytes");
}

TEST_F(ServerLimitsTest, ABodyOfExactlyTheLimitIsTaken) {
  server_.options.body_bytes_max = 100;
  server_.start();
  EXPECT_EQ(server_.ask(post("/echo", std::string(100, 'x'))).status, 200U);
  EXPECT_EQ(server_.ask(post("/echo", std::string(101, 'x'))).status, 413U);
}

TEST_F(ServerLimitsTest, AClientThatSendsTheWholeBodyAnywayStillReadsThe413) {
  server_.options.body_bytes_max = 1000;
  server_.start();
  Client client = server_.connect();
  client.send(std::string(kPostHead) + "Content-Length: 3000000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(3'000'000, 'x')));
  expect_refusal(client, 413, "3000000 bytes");
}

TEST_F(ServerLimitsTest, AChunkedBodyOverTheLimitIs413) {
  server_.options.body_bytes_max = 100;
  server_.start();
  Client client = server_.connect();
  client.send(std::string(kPostHead) + "Transfer-Encoding: chunked\r\n\r\n32\r\n" + std::string(50, 'x') +
              "\r\n33\r\n");
  expect_refusal(client, 413, "larger than this server accepts");
}

TEST_F(ServerLimitsTest, ARefusalOfTheRouteEndsTheReading) {
  server_.start();
  Client client = server_.connect();
  client.send(std::string(kPostHead) + "Content-Length: 1000000\r\n\r\nforbidden");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 400U);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ServerLimitsTest, ARefusalAfterTheWholeBodyKeepsTheConnection) {
  server_.start();
  Client client = server_.connect();
  client.send(post("/echo", "forbidden") + get("/hello"));
  EXPECT_EQ(client.receive().status, 400U);
  EXPECT_EQ(client.receive().status, 200U);
}

TEST_F(ServerLimitsTest, AHeadOverTheLimitIs431) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/hello", "X-Big: " + std::string(std::size_t{32} * 1024, 'x') + "\r\n"));
  expect_refusal(client, 431, "larger than this server accepts");
  EXPECT_EQ(server_.ask(get("/hello", "X-Big: " + std::string(32'600, 'x') + "\r\n")).status, 200U);
}

TEST_F(ServerLimitsTest, TooManyHeadersAre431) {
  server_.start();
  Client client = server_.connect();
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "a: b\r\n";
  client.send(get("/hello", fields));
  expect_refusal(client, 431, "more headers");
}

TEST_F(ServerLimitsTest, OneConnectionTooManyIs503AtOnce) {
  server_.options.connections_max = 2;
  server_.start();
  Client first = server_.connect();
  first.send(get("/hello"));
  EXPECT_EQ(first.receive().status, 200U);
  std::optional<Client> second(server_.connect());
  second->send(get("/wait"));
  EXPECT_TRUE(server_.history.await("waiting"));
  Client third = server_.connect();
  third.send(get("/hello"));
  const Answer refused = third.receive();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_THAT(refused.body, HasSubstr("too_many_connections"));
  EXPECT_TRUE(refused.header("Retry-After").has_value());
  EXPECT_TRUE(third.closed_by_server());
  first.send(get("/hello"));
  EXPECT_EQ(first.receive().status, 200U);
  // The place of one who leaves is free soon after.
  second.reset();
  const auto give_up = SystemClock().now() + kPatience;
  unsigned status = 503;
  while (status == 503 && SystemClock().now() < give_up) status = server_.ask(get("/hello")).status;
  EXPECT_EQ(status, 200U);
}

// Takes every descriptor that the process may still open, and gives them back at the end.
class NoDescriptors {
 public:
  explicit NoDescriptors(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = limit;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int filler = ::dup(0); filler >= 0; filler = ::dup(0)) fillers_.push_back(filler);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
    for (const int filler : fillers_) ::close(filler);
  }
  void give_back_one() {
    ::close(fillers_.back());
    fillers_.pop_back();
  }

 private:
  rlimit before_{};
  std::vector<int> fillers_;
};

TEST_F(ServerLimitsTest, AcceptsAgainOnceDescriptorsAreFree) {
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "UBSan itself opens a pipe to look at memory, and aborts when it cannot";
#endif
  server_.start();
  constexpr rlim_t kLimit = 200;
  std::optional<NoDescriptors> none(kLimit);
  none->give_back_one();
  Client client = server_.connect();  // takes it: the server's end cannot be opened
  client.send(get("/hello"));
  EXPECT_FALSE(client.readable_within(milliseconds(250)));  // more than one pause of the accept loop
  none.reset();
  EXPECT_EQ(client.receive().status, 200U);
}

}  // namespace
}  // namespace signalbox::http
