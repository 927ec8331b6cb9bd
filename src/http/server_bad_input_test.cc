// Bytes that are no HTTP/1.1 request: a 400 of the table at once and a closed connection, nobody else
// disturbed.
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"
#include "http/test_server.h"

namespace signalbox::http {
namespace {

using testing::HasSubstr;
using testing::Optional;

struct BadInput {
  std::string name;
  std::string bytes;
};

void PrintTo(const BadInput& input, std::ostream* out) {
  *out << input.name;
}

class BadInputTest : public testing::TestWithParam<BadInput> {
 protected:
  TestServer server_;
};

TEST_P(BadInputTest, Gets400AtOnceAndTheConnectionIsClosed) {
  server_.start();
  Client neighbour = server_.connect();
  neighbour.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  Client client = server_.connect();
  client.send(GetParam().bytes);
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 400U) << answer.body;
  EXPECT_THAT(answer.header("Content-Type"), Optional(std::string("application/json")));
  EXPECT_THAT(answer.header("Connection"), Optional(std::string("close")));
  EXPECT_TRUE(answer.header("X-Request-Id").has_value());
  EXPECT_THAT(answer.body, HasSubstr("{\"error\":{\"message\":\"The request was refused: "));
  EXPECT_THAT(answer.body, HasSubstr("\"type\":\"invalid_request_error\",\"param\":null,\"code\":null"));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_FALSE(client.was_reset());
  neighbour.send("dy");
  EXPECT_EQ(neighbour.receive().body, "body");
}

std::vector<BadInput> bad_inputs() {
  using namespace std::string_literals;
  const std::string chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  return {
      {"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"Http09", "GET /hello\r\n"},
      {"Http3Version", "GET /hello HTTP/3.0\r\nHost: h\r\n\r\n"},
      {"Garbage", "\x00\x01\x02\x03garbage"s},
      {"Json", "{\"model\":\"a\"}"},
      {"NulInTheTarget", "GET /he\0llo HTTP/1.1\r\nHost: h\r\n\r\n"s},
      {"NulInAHeader", "GET /hello HTTP/1.1\r\nHost: h\0\r\n\r\n"s},
      {"BareLineFeeds", "GET /hello HTTP/1.1\nHost: h\n\n"},
      {"FoldedHeader", "GET /hello HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n"},
      {"HeaderWithoutColon", "GET /hello HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n"},
      {"SpaceBeforeColon", "GET /hello HTTP/1.1\r\nHost : h\r\n\r\n"},
      {"NoHost", "GET /hello HTTP/1.1\r\n\r\n"},
      {"TwoHosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"BadPercent", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"PercentNul", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"PathNotUtf8", "GET /%ff HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"Connect", "CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"LengthAndChunked",
       "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"TwoLengths", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
      {"NegativeLength", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"},
      {"AbsurdLength", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"},
      {"UnknownCoding", "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {"ChunkSizeNoNumber", chunked + "xyz\r\n"},
      {"ChunkSizeNegative", chunked + "-5\r\n"},
      {"ChunkSizeTooLong", chunked + "00000000000000005\r\n"},
      {"ChunkWithoutEnd", chunked + "3\r\nabcdef\r\n"},
      {"PipelinedGarbageInTheBody", chunked + "3\r\nabc\r\nGET /hello HTTP/1.1\r\n"},
  };
}

INSTANTIATE_TEST_SUITE_P(Each, BadInputTest, testing::ValuesIn(bad_inputs()),
                         [](const auto& tested) { return tested.param.name; });

class BadInputServerTest : public testing::Test {
 protected:
  TestServer server_;
};

TEST_F(BadInputServerTest, PipelinedGarbageIsRefusedAfterTheAnswerBeforeIt) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/hello") + "\x01\x02garbage");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_EQ(client.receive().status, 400U);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(BadInputServerTest, AnotherExpectationIs417WithTheClientsOwnId) {
  server_.start();
  Client client = server_.connect();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\nContent-Length: 4\r\nExpect: a "
      "miracle\r\n\r\n");
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 417U);
  EXPECT_THAT(answer.header("X-Request-Id"), Optional(std::string("mine")));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(BadInputServerTest, AHalfClosedHalfRequestIsToldSo) {
  server_.start();
  Client client = server_.connect();
  client.send("GET /hello HTTP/1.1\r\nHo");
  client.half_close();
  EXPECT_EQ(client.receive().status, 408U);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(BadInputServerTest, AHalfClosedHalfBodyIsToldSo) {
  server_.start();
  Client client = server_.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  client.half_close();
  EXPECT_EQ(client.receive().status, 408U);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(BadInputServerTest, AClientThatLeavesInMidBodyDisturbsNobody) {
  server_.start();
  Client client = server_.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_TRUE(server_.history.await("piece"));
  client.reset();
  EXPECT_TRUE(server_.history.await("refused 408"));
  EXPECT_EQ(server_.ask(get("/hello")).status, 200U);
}

TEST_F(BadInputServerTest, AnsweringAHalfClosedClientWorksWhereNobodyWatchesIt) {
  server_.start();
  Client client = server_.connect();
  client.send(get("/hello"));
  client.half_close();
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(BadInputServerTest, EveryPrefixOfARequestIsSurvived) {
  server_.start();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\n";
  for (std::size_t size = 0; size < request.size(); ++size) {
    Client client = server_.connect();
    client.send(std::string_view(request).substr(0, size));
    client.half_close();
    EXPECT_EQ(client.receive().status, size == 0 ? 0U : 408U) << size;
  }
}

}  // namespace
}  // namespace signalbox::http
