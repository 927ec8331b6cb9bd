#include "http/head_scanner.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kLimit = 200;

// "head at 0-22", "more" or the reason of a refusal, however the bytes are cut.
std::string describe(HeadScanner& scanner, std::string_view input) {
  const auto extent = scanner.scan(input);
  if (!extent) return std::string(extent.error().reason);
  if (!*extent) return "more";
  return "head at " + std::to_string((*extent)->begin) + "-" + std::to_string((*extent)->end);
}

std::string at_once(std::string_view input) {
  HeadScanner scanner(kLimit);
  return describe(scanner, input);
}

std::string byte_by_byte(std::string_view input) {
  HeadScanner scanner(kLimit);
  for (std::size_t size = 0; size <= input.size(); ++size) {
    const std::string said = describe(scanner, input.substr(0, size));
    if (said != "more") return said;
  }
  return "more";
}

// The same whether the bytes come together or one by one.
std::string scan(std::string_view input) {
  EXPECT_EQ(at_once(input), byte_by_byte(input)) << input;
  return at_once(input);
}

TEST(HeadScanner, FindsTheBlankLine) {
  EXPECT_EQ(scan("GET / HTTP/1.1\r\n\r\n"), "head at 0-18");
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "head at 0-27");
  EXPECT_EQ(scan("POST /x HTTP/1.0\r\nA: b\r\nC:\r\n\r\nbody"), "head at 0-30");
}

TEST(HeadScanner, WaitsForTheRest) {
  for (const auto* part : {"", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n",
                           "GET / HTTP/1.1\r\nHost: a\r\n\r"}) {
    EXPECT_EQ(scan(part), "more") << part;
  }
}

TEST(HeadScanner, SkipsBlankLinesBeforeTheRequest) {
  EXPECT_EQ(scan("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), "head at 4-22");
}

TEST(HeadScanner, CountsBlankLinesTowardsTheLimit) {
  std::string blank;
  while (blank.size() < kLimit) blank += "\r\n";
  EXPECT_THAT(scan(blank), HasSubstr("larger"));
}

TEST(HeadScanner, TakesAHeadOfExactlyTheLimitAndNoMore) {
  const std::string start = "GET / HTTP/1.1\r\nA: ";
  const std::string fits = start + std::string(kLimit - start.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(fits.size(), kLimit);
  EXPECT_EQ(scan(fits), "head at 0-200");
  const std::string too_big = start + std::string(kLimit - start.size() - 3, 'x') + "\r\n\r\n";
  EXPECT_THAT(scan(too_big), HasSubstr("larger"));
  HeadScanner scanner(kLimit);
  EXPECT_EQ(scanner.scan(too_big).error().kind, api::ErrorKind::header_too_large);
}

TEST(HeadScanner, SaysTooLargeOnlyOnceTheLimitIsReached) {
  EXPECT_EQ(scan("GET /" + std::string(kLimit - 6, 'a')), "more");
  EXPECT_THAT(scan("GET /" + std::string(kLimit - 5, 'a')), HasSubstr("larger"));
}

TEST(HeadScanner, RecognisesTlsAndHttp2AtOnce) {
  EXPECT_THAT(scan(std::string_view("\x16\x03\x01\x02\x00", 5)), HasSubstr("TLS"));
  EXPECT_THAT(scan("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HasSubstr("HTTP/2"));
}

TEST(HeadScanner, RefusesOtherVersionsWithTheRequestLine) {
  for (const auto* line : {"GET /\r\n", "GET / HTTP/0.9\r\n", "GET / HTTP/1.2\r\n", "GET / HTTP/3.0\r\n",
                           "GET / http/1.1\r\n", "GET /\tHTTP/1.1\r\n", "GET / HTTP/1.1 \r\n", "X\r\n"}) {
    EXPECT_THAT(scan(line), StartsWith("the request line does not end")) << line;
  }
}

TEST(HeadScanner, RefusesNulAnywhere) {
  EXPECT_THAT(scan(std::string_view("GET /\0 HTTP/1.1\r\n", 17)), HasSubstr("NUL"));
  EXPECT_THAT(scan(std::string_view("GET / HTTP/1.1\r\nA: \0", 20)), HasSubstr("NUL"));
  EXPECT_THAT(scan(std::string_view("\0", 1)), HasSubstr("NUL"));
}

TEST(HeadScanner, RefusesFoldedHeaders) {
  EXPECT_THAT(scan("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"), HasSubstr("folded"));
  EXPECT_THAT(scan("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n"), HasSubstr("folded"));
  EXPECT_THAT(scan("GET / HTTP/1.1\r\n A: b\r\n\r\n"), HasSubstr("folded"));
}

TEST(HeadScanner, RefusesBareLineEnds) {
  EXPECT_THAT(scan("GET / HTTP/1.1\n"), HasSubstr("line feed alone"));
  EXPECT_THAT(scan("\n"), HasSubstr("line feed alone"));
  EXPECT_THAT(scan("GET / HTTP/1.1\r\nA: b\n"), HasSubstr("line feed alone"));
  EXPECT_THAT(scan("GET / HTTP/1.1\rX"), HasSubstr("carriage return"));
  EXPECT_THAT(scan("GET / HTTP/1.1\r\nA: b\r\r\n"), HasSubstr("carriage return"));
}

TEST(HeadScanner, RefusesWhatDoesNotStartWithAMethod) {
  for (const auto* start : {" GET", "{\"a\"", "\x80", "(", "\x01"}) {
    EXPECT_THAT(scan(start), HasSubstr("does not start with a method")) << start;
  }
}

}  // namespace
}  // namespace signalbox::http
