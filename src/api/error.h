// The one error table (wire-contract, "Errors"): every failure that a client can see, its HTTP status, type,
// code and headers. Nothing else in the program writes an error body.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::api {

enum class ErrorKind {
  invalid_request,
  unauthenticated,
  forbidden,
  model_not_found,
  not_found,
  method_not_allowed,
  switch_in_progress,
  request_timeout,
  body_too_large,
  header_too_large,
  expectation_failed,
  too_many_sequences,
  too_many_connections,
  too_many_bytes,
  queue_full,
  wait_timeout,
  model_load_failed,
  quarantined,
  shutting_down,
  engine_error,
  engine_timeout,
};

struct ApiError {
  ErrorKind kind = ErrorKind::invalid_request;
  std::string message = {};
  std::optional<std::string> param = std::nullopt;  // the field of the request that is at fault
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

// One row of the table.
struct ErrorRow {
  ErrorKind kind;
  unsigned status;
  std::string_view type;
  std::string_view code = {};                 // empty: null
  std::optional<bool> queued = std::nullopt;  // the body's `queued`, where it says something
  bool has_retry_after = false;               // Retry-After goes with it, 1 s if the error does not say more
  bool should_not_retry = false;              // x-should-retry: false
  bool closes_connection = false;
};

[[nodiscard]] const ErrorRow& error_row(ErrorKind kind);
// {"error":{"message","type","param","code","queued"?,"retry_after_ms"?}}
[[nodiscard]] std::string error_body(const ApiError& error);
// The same without the outer braces and key: what stands inside an event that is an error as a whole.
[[nodiscard]] std::string error_object(const ApiError& error);
// Seconds, rounded up, clamped to 1-60; none where the row has none.
[[nodiscard]] std::optional<std::int64_t> retry_after_seconds(const ApiError& error);

}  // namespace signalbox::api
