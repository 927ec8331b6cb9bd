#include "http/response_head.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Optional;

TEST(ResponseHead, IsWrittenByteForByte) {
  EXPECT_EQ(
      serialize_head({.status = 200,
                      .content_type = "application/json",
                      .framing = Framing::length,
                      .content_length = 12,
                      .request_id = "req-1",
                      .persistence = Persistence::keep_alive},
                     {{"X-Thing", "value"}}),
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\nX-Request-Id: req-1\r\n"
      "X-Thing: value\r\n\r\n");
}

TEST(ResponseHead, SaysHowTheBodyEnds) {
  const auto with = [](Framing framing) {
    return serialize_head({.framing = framing, .request_id = "r"}, {});
  };
  EXPECT_EQ(with(Framing::chunked),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Request-Id: r\r\n\r\n");
  EXPECT_EQ(with(Framing::until_close), "HTTP/1.1 200 OK\r\nX-Request-Id: r\r\n\r\n");
  EXPECT_EQ(with(Framing::none), "HTTP/1.1 200 OK\r\nX-Request-Id: r\r\n\r\n");
}

TEST(ResponseHead, SaysWhetherTheConnectionGoesOn) {
  EXPECT_THAT(serialize_head({.persistence = Persistence::close}, {}),
              HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(serialize_head({.persistence = Persistence::keep_alive_http_1_0}, {}),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(serialize_head({.persistence = Persistence::keep_alive}, {}), Not(HasSubstr("Connection")));
}

TEST(ResponseHead, LeavesThePhraseEmptyForAnUnknownStatus) {
  EXPECT_THAT(serialize_head({.status = 299}, {}), HasSubstr("HTTP/1.1 299 \r\n"));
}

TEST(ResponseHead, LetsNoValueBeginAnotherHeader) {
  EXPECT_THAT(serialize_head({}, {{"X-A", "b\r\nX-Evil: 1\x7f"}}), HasSubstr("\r\nX-A: b  X-Evil: 1 \r\n"));
  EXPECT_THAT(serialize_head({}, {{"X-A\r\nX-Evil", "1"}}), HasSubstr("\r\nX-A  X-Evil: 1\r\n"));
}

TEST(ResponseHead, FindsHeadersWithoutRegardToCase) {
  const std::vector<Header> headers = {{"Retry-After", "3"}, {"retry-after", "4"}};
  EXPECT_THAT(find_header(headers, "RETRY-AFTER"), Optional(std::string_view("3")));
  EXPECT_EQ(find_header(headers, "Retry"), std::nullopt);
}

TEST(ErrorResponse, CarriesTheTablesStatusBodyAndHeaders) {
  const auto busy = error_response({.kind = api::ErrorKind::queue_full,
                                    .message = "Full.",
                                    .param = std::nullopt,
                                    .retry_after = std::chrono::milliseconds(2500)});
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(busy.content_type, "application/json");
  EXPECT_THAT(busy.body, HasSubstr("\"queue_full\""));
  EXPECT_THAT(find_header(busy.headers, "Retry-After"), Optional(std::string_view("3")));
}

TEST(ErrorResponse, SaysNotToRetryAConflict) {
  const auto conflict = error_response(
      {.kind = api::ErrorKind::switch_in_progress, .message = "Busy.", .param = {}, .retry_after = {}});
  EXPECT_EQ(conflict.status, 409U);
  EXPECT_THAT(find_header(conflict.headers, "x-should-retry"), Optional(std::string_view("false")));
  EXPECT_EQ(find_header(conflict.headers, "Retry-After"), std::nullopt);
}

TEST(ErrorResponse, ClosesTheConnectionOfASlowRequest) {
  const auto slow = error_response(
      {.kind = api::ErrorKind::request_timeout, .message = "Slow.", .param = {}, .retry_after = {}});
  EXPECT_EQ(slow.status, 408U);
  EXPECT_THAT(find_header(slow.headers, "Connection"), Optional(std::string_view("close")));
}

}  // namespace
}  // namespace signalbox::http
