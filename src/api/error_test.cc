// The table of the wire contract, row by row.
#include "api/error.h"

#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace signalbox::api {
namespace {

using std::chrono::milliseconds;

struct Expected {
  ErrorKind kind;
  unsigned status;
  const char* type;
  const char* code;   // null: none
  const char* extra;  // retry: Retry-After, no-retry: x-should-retry, close: the connection
};

const std::vector<Expected>& contract() {
  static const std::vector<Expected> rows{
      {ErrorKind::invalid_request, 400, "invalid_request_error", nullptr, ""},
      {ErrorKind::unauthenticated, 401, "authentication_error", nullptr, ""},
      {ErrorKind::forbidden, 403, "permission_error", nullptr, ""},
      {ErrorKind::model_not_found, 404, "invalid_request_error", "model_not_found", ""},
      {ErrorKind::not_found, 404, "invalid_request_error", nullptr, ""},
      {ErrorKind::method_not_allowed, 405, "invalid_request_error", nullptr, ""},
      {ErrorKind::switch_in_progress, 409, "conflict", "switch_in_progress", "no-retry"},
      {ErrorKind::request_timeout, 408, "timeout_error", nullptr, "close"},
      {ErrorKind::body_too_large, 413, "invalid_request_error", nullptr, "close"},
      {ErrorKind::header_too_large, 431, "invalid_request_error", nullptr, "close"},
      {ErrorKind::expectation_failed, 417, "invalid_request_error", nullptr, "close"},
      {ErrorKind::too_many_sequences, 400, "invalid_request_error", nullptr, ""},
      {ErrorKind::too_many_connections, 503, "server_busy", "too_many_connections", "retry close"},
      {ErrorKind::too_many_bytes, 503, "server_busy", "too_many_bytes", "retry"},
      {ErrorKind::queue_full, 503, "server_busy", "queue_full", "retry"},
      {ErrorKind::wait_timeout, 503, "server_busy", "wait_timeout", "retry"},
      {ErrorKind::model_load_failed, 500, "model_load_failed", nullptr, ""},
      {ErrorKind::quarantined, 503, "model_load_failed", "quarantined", "retry"},
      {ErrorKind::shutting_down, 503, "server_busy", "shutting_down", ""},
      {ErrorKind::engine_error, 502, "engine_error", nullptr, ""},
      {ErrorKind::engine_timeout, 504, "engine_timeout", nullptr, ""},
  };
  return rows;
}

TEST(ErrorTable, IsTheContracts) {
  EXPECT_EQ(contract().size(), static_cast<std::size_t>(ErrorKind::engine_timeout) + 1);
  for (const Expected& expected : contract()) {
    const ErrorRow& row = error_row(expected.kind);
    const std::string_view extra = expected.extra;
    EXPECT_EQ(row.status, expected.status);
    EXPECT_EQ(row.type, expected.type);
    EXPECT_EQ(row.code, expected.code == nullptr ? "" : expected.code);
    EXPECT_EQ(row.should_not_retry, extra.contains("no-retry")) << row.code;
    EXPECT_EQ(row.has_retry_after, extra.starts_with("retry")) << row.code;
    EXPECT_EQ(row.closes_connection, extra.contains("close")) << row.status;
  }
}

TEST(ErrorTable, SaysQueuedOfTheTwoThatHaveIt) {
  for (const Expected& expected : contract()) {
    const auto queued = error_row(expected.kind).queued;
    if (expected.kind == ErrorKind::queue_full) {
      EXPECT_EQ(queued, false);
    } else if (expected.kind == ErrorKind::wait_timeout) {
      EXPECT_EQ(queued, true);
    } else {
      EXPECT_FALSE(queued.has_value());
    }
  }
}

TEST(ErrorBody, HasTheContractsShapeAndOrder) {
  EXPECT_EQ(error_body({.kind = ErrorKind::model_not_found, .message = "No model `x`.", .param = "model"}),
            R"({"error":{"message":"No model `x`.","type":"invalid_request_error","param":"model",)"
            R"("code":"model_not_found"}})");
  EXPECT_EQ(
      error_body({.kind = ErrorKind::queue_full, .message = "Full.", .retry_after = milliseconds(2150)}),
      R"({"error":{"message":"Full.","type":"server_busy","param":null,"code":"queue_full","queued":false,)"
      R"("retry_after_ms":2150}})");
  EXPECT_EQ(
      error_body({.kind = ErrorKind::wait_timeout, .message = "Waited."}),
      R"({"error":{"message":"Waited.","type":"server_busy","param":null,"code":"wait_timeout","queued":true}})");
  EXPECT_EQ(
      error_body({.kind = ErrorKind::invalid_request, .message = "Bad.", .retry_after = milliseconds(5)}),
      R"({"error":{"message":"Bad.","type":"invalid_request_error","param":null,"code":null}})");
}

TEST(ErrorBody, IsJsonWhateverTheMessageHolds) {
  const std::string message =
      std::string("\"\\\n\r\t\0\x01\x7f", 8) + "é\xff\xc3\xed\xa0\x80\xf0\x9f\x98\x80";
  const auto body =
      boost::json::parse(error_body({.kind = ErrorKind::model_load_failed, .message = message}));
  const std::string text(body.at("error").at("message").as_string());
  EXPECT_EQ(text, std::string("\"\\\n\r\t\0\x01\x7f", 8) +
                      "é\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xf0\x9f\x98\x80");
}

TEST(RetryAfter, IsRoundedUpAndClamped) {
  const auto seconds = [](std::optional<milliseconds> wait) {
    return retry_after_seconds({.kind = ErrorKind::queue_full, .retry_after = wait});
  };
  EXPECT_EQ(seconds(std::nullopt), 1);
  EXPECT_EQ(seconds(milliseconds(0)), 1);
  EXPECT_EQ(seconds(milliseconds(-5000)), 1);
  EXPECT_EQ(seconds(milliseconds(1000)), 1);
  EXPECT_EQ(seconds(milliseconds(1001)), 2);
  EXPECT_EQ(seconds(milliseconds(59001)), 60);
  EXPECT_EQ(seconds(milliseconds(3'600'000)), 60);
  EXPECT_FALSE(
      retry_after_seconds({.kind = ErrorKind::shutting_down, .retry_after = milliseconds(1)}).has_value());
}

}  // namespace
}  // namespace signalbox::api
