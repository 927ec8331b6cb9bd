#include "http/head_parser.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::HasSubstr;

std::string head_with(std::string_view fields) {
  return "POST /path?q HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

// "ok" or the reason of a refusal.
std::string outcome(std::string head) {
  const auto parsed = parse_head(std::move(head));
  return parsed ? "ok" : std::string(parsed.error().reason);
}

TEST(HeadParser, ReadsMethodTargetAndFields) {
  const auto parsed =
      parse_head("PATCH /a/b?c=d HTTP/1.1\r\nHost: h:1\r\nX-Thing:  some value \t\r\nx-thing: two\r\n\r\n");
  ASSERT_TRUE(parsed.has_value());
  const MessageHead& head = **parsed;
  EXPECT_EQ(head.method, "PATCH");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_EQ(head.field("x-THING"), "some value");
  EXPECT_EQ(head.count("X-thing"), 2U);
  EXPECT_EQ(head.field("x-thin"), std::nullopt);
  EXPECT_FALSE(head.http_1_0);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.body, MessageHead::Body::none);
}

TEST(HeadParser, KnowsWhetherTheConnectionMayGoOn) {
  const auto keeps_alive = [](std::string head) {
    const auto parsed = parse_head(std::move(head));
    return parsed.has_value() && (*parsed)->keep_alive;
  };
  EXPECT_TRUE(keeps_alive("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(HeadParser, RefusesHeadsThatAreNotProper) {
  for (const std::string& head :
       {std::string("GE T / HTTP/1.1\r\nHost: h\r\n\r\n"), std::string("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), std::string("(GET) / HTTP/1.1\r\nHost: h\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost h\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHost : h\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: h\x01\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: h\r\nA\x80: x\r\n\r\n")}) {
    EXPECT_NE(outcome(head), "ok") << head;
  }
}

TEST(HeadParser, WantsOneHost) {
  EXPECT_THAT(outcome("GET / HTTP/1.1\r\n\r\n"), HasSubstr("without Host"));
  EXPECT_THAT(outcome("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), HasSubstr("Host is given twice"));
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), "ok");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "ok");
}

TEST(HeadParser, RefusesTwoOpinionsOnTheLength) {
  for (const auto* fields :
       {"Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3, 3\r\n", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_NE(outcome(head_with(fields)), "ok") << fields;
  }
}

TEST(HeadParser, RefusesLengthsThatAreNoNumbers) {
  for (const auto* value : {"", "-1", "+1", "0x10", "1 2", "abc", "18446744073709551616", "1.0", "1e3"}) {
    EXPECT_NE(outcome(head_with("Content-Length: " + std::string(value) + "\r\n")), "ok") << value;
  }
}

TEST(HeadParser, KnowsNoCodingButChunked) {
  for (const auto* value :
       {"gzip", "gzip, chunked", "chunked, gzip", "identity", "", "chunked;q=1", "xchunked"}) {
    EXPECT_NE(outcome(head_with("Transfer-Encoding: " + std::string(value) + "\r\n")), "ok") << value;
  }
  EXPECT_EQ(outcome(head_with("Transfer-Encoding: Chunked \r\n")), "ok");
  EXPECT_THAT(outcome("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HasSubstr("HTTP/1.0"));
}

TEST(HeadParser, LimitsTheNumberOfFields) {
  std::string fields;
  for (std::size_t i = 1; i < kFieldsMax; ++i) fields += "a: b\r\n";
  EXPECT_EQ(outcome(head_with(fields)), "ok");
  const auto parsed = parse_head(head_with(fields + "a: b\r\n"));
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().kind, api::ErrorKind::header_too_large);
}

TEST(HeadParser, SaysHowTheBodyIsFramed) {
  const auto framing = [](std::string_view fields) { return parse_head(head_with(fields)).value()->body; };
  EXPECT_EQ(framing(""), MessageHead::Body::none);
  EXPECT_EQ(framing("Content-Length: 0\r\n"), MessageHead::Body::none);
  EXPECT_EQ(framing("Content-Length: 1\r\n"), MessageHead::Body::length);
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\n"), MessageHead::Body::chunked);
  EXPECT_EQ(parse_head(head_with("Content-Length: 18446744073709551615\r\n")).value()->content_length,
            18446744073709551615ULL);
}

}  // namespace
}  // namespace signalbox::http
