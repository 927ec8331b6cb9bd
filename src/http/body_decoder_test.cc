#include "http/body_decoder.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kBodyMax = 1000;

// Feeds `wire` in pieces; "body|what was not used", or the reason of a refusal, or "unfinished".
std::string decode(std::string_view fields, std::string_view wire, std::size_t piece) {
  const auto head = parse_head("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
  EXPECT_TRUE(head.has_value()) << fields;
  BodyDecoder decoder(**head, kBodyMax);
  BodyBuffer body;
  std::string input;
  std::size_t at = 0;
  while (!decoder.done()) {
    if (at == wire.size()) return "unfinished";
    const auto more = wire.substr(at, piece);
    at += more.size();
    input += more;
    const auto used = decoder.decode(input, body);
    if (!used) return std::string(used.error().reason);
    input.erase(0, *used);
  }
  return std::string(body.view()) + "|" + input + std::string(wire.substr(at));
}

// The same however the bytes are cut.
std::string decode(std::string_view fields, std::string_view wire) {
  const std::string whole = decode(fields, wire, wire.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U})
    EXPECT_EQ(decode(fields, wire, piece), whole) << wire << " by " << piece;
  return whole;
}

std::string decode_chunked(std::string_view wire) {
  return decode("Transfer-Encoding: chunked\r\n", wire);
}

TEST(BodyDecoder, ReadsABodyOfKnownLength) {
  EXPECT_EQ(decode("Content-Length: 5\r\n", "helloGET /"), "hello|GET /");
  EXPECT_EQ(decode("Content-Length: 0\r\n", "GET /"), "|GET /");
  EXPECT_EQ(decode("", "GET /"), "|GET /");
  EXPECT_EQ(decode("Content-Length: 5\r\n", "hell"), "unfinished");
}

TEST(BodyDecoder, DecodesChunks) {
  EXPECT_EQ(decode_chunked("5\r\nhello\r\n0\r\n\r\nGET /"), "hello|GET /");
  EXPECT_EQ(decode_chunked("1\r\nh\r\n004\r\nello\r\nA\r\n0123456789\r\n0\r\n\r\n"), "hello0123456789|");
  EXPECT_EQ(decode_chunked("0\r\n\r\n"), "|");
  EXPECT_EQ(decode_chunked("5\r\nhello\r\n0\r\n"), "unfinished");
}

TEST(BodyDecoder, ReadsOverExtensionsAndTrailers) {
  EXPECT_EQ(decode_chunked("5;name=value;q=\"x y\"\r\nhello\r\n0;last\r\nTrailer: x\r\nOther: y\r\n\r\nrest"),
            "hello|rest");
}

TEST(BodyDecoder, RefusesMalformedChunks) {
  for (const auto* wire : {"x\r\n", "\r\n", "-1\r\n", "0x5\r\nhello\r\n", "5 \nhello", "5\nhello\r\n",
                           "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "11111111111111111\r\n",
                           "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n", "G\r\n", "5\r\nhello\r\n0\r\nA: b\n\r\n",
                           "5\r\nhello\r\n0\r\n folded\r\n\r\n", "5\r\nhello\r\n0\r\n\rX", "5;\x01\r\n",
                           "5 ;a\r\n", "5\rX", "5\r\nhello\r\nzz\r\n"}) {
    const std::string said = decode_chunked(wire);
    EXPECT_THAT(said, AllOf(testing::Not(HasSubstr("|")), testing::Ne("unfinished"))) << wire;
  }
}

TEST(BodyDecoder, RefusesChunkedBodiesOverTheLimitAsSoonAsTheyAreAnnounced) {
  EXPECT_THAT(decode_chunked("3e9\r\n"), HasSubstr("larger"));
  EXPECT_THAT(decode_chunked("ffffffffffffffff\r\n"), HasSubstr("larger"));
  EXPECT_THAT(decode_chunked("1\r\nx\r\n3e8\r\n"), HasSubstr("larger"));
  const std::string full(kBodyMax, 'b');
  EXPECT_EQ(decode_chunked("3e8\r\n" + full + "\r\n0\r\n\r\n"), full + "|");
}

TEST(BodyDecoder, TakesSingleByteChunksUpToTheLimit) {
  std::string wire;
  for (std::size_t i = 0; i < kBodyMax; ++i) wire += "1\r\nx\r\n";
  EXPECT_EQ(decode_chunked(wire + "0\r\n\r\n"), std::string(kBodyMax, 'x') + "|");
}

TEST(BodyDecoder, RefusesEndlessSizeLinesAndTrailers) {
  const std::string endless(BodyDecoder::kLineBytesMax + 1, 'a');
  EXPECT_THAT(decode("Transfer-Encoding: chunked\r\n", "5;" + endless, 4096), HasSubstr("too long"));
  EXPECT_THAT(decode("Transfer-Encoding: chunked\r\n", "0\r\nA: " + endless, 4096), HasSubstr("too long"));
}

TEST(BodyDecoder, RefusesABodyThatIsNearlyAllFraming) {
  const std::string extension(1000, 'e');
  std::string wire;
  for (std::size_t i = 0; i < 500; ++i) wire += "1;" + extension + "\r\nx\r\n";
  EXPECT_THAT(decode("Transfer-Encoding: chunked\r\n", wire, 4096), HasSubstr("larger"));
}

}  // namespace
}  // namespace signalbox::http
