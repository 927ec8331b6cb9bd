#include "api/error.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "api/json_text.h"
#include "base/assert.h"
#include "base/json_escape.h"

namespace signalbox::api {
namespace {

constexpr std::chrono::seconds kRetryAfterMin{1};
constexpr std::chrono::seconds kRetryAfterMax{60};

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kBusy = "server_busy";
constexpr std::string_view kLoadFailed = "model_load_failed";

// In the order of ErrorKind. What leaves bytes of a request unread closes its connection.
constexpr std::array kRows{
    ErrorRow{.kind = ErrorKind::invalid_request, .status = 400, .type = kInvalid},
    ErrorRow{.kind = ErrorKind::unauthenticated, .status = 401, .type = "authentication_error"},
    ErrorRow{.kind = ErrorKind::forbidden, .status = 403, .type = "permission_error"},
    ErrorRow{.kind = ErrorKind::model_not_found, .status = 404, .type = kInvalid, .code = "model_not_found"},
    ErrorRow{.kind = ErrorKind::not_found, .status = 404, .type = kInvalid},
    ErrorRow{.kind = ErrorKind::method_not_allowed, .status = 405, .type = kInvalid},
    ErrorRow{.kind = ErrorKind::switch_in_progress,
             .status = 409,
             .type = "conflict",
             .code = "switch_in_progress",
             .should_not_retry = true},
    ErrorRow{.kind = ErrorKind::request_timeout,
             .status = 408,
             .type = "timeout_error",
             .closes_connection = true},
    ErrorRow{.kind = ErrorKind::body_too_large, .status = 413, .type = kInvalid, .closes_connection = true},
    ErrorRow{.kind = ErrorKind::header_too_large, .status = 431, .type = kInvalid, .closes_connection = true},
    ErrorRow{
        .kind = ErrorKind::expectation_failed, .status = 417, .type = kInvalid, .closes_connection = true},
    ErrorRow{.kind = ErrorKind::too_many_sequences, .status = 400, .type = kInvalid},
    ErrorRow{.kind = ErrorKind::too_many_connections,
             .status = 503,
             .type = kBusy,
             .code = "too_many_connections",
             .has_retry_after = true,
             .closes_connection = true},
    ErrorRow{.kind = ErrorKind::too_many_bytes,
             .status = 503,
             .type = kBusy,
             .code = "too_many_bytes",
             .has_retry_after = true},
    ErrorRow{.kind = ErrorKind::queue_full,
             .status = 503,
             .type = kBusy,
             .code = "queue_full",
             .queued = false,
             .has_retry_after = true},
    ErrorRow{.kind = ErrorKind::wait_timeout,
             .status = 503,
             .type = kBusy,
             .code = "wait_timeout",
             .queued = true,
             .has_retry_after = true},
    ErrorRow{.kind = ErrorKind::model_load_failed, .status = 500, .type = kLoadFailed},
    ErrorRow{.kind = ErrorKind::quarantined,
             .status = 503,
             .type = kLoadFailed,
             .code = "quarantined",
             .has_retry_after = true},
    ErrorRow{.kind = ErrorKind::shutting_down, .status = 503, .type = kBusy, .code = "shutting_down"},
    ErrorRow{.kind = ErrorKind::engine_error, .status = 502, .type = "engine_error"},
    ErrorRow{.kind = ErrorKind::engine_timeout, .status = 504, .type = "engine_timeout"},
};

consteval bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].kind != static_cast<ErrorKind>(i)) return false;
  }
  return kRows.back().kind == ErrorKind::engine_timeout;
}
static_assert(in_order());

void append_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

}  // namespace

const ErrorRow& error_row(ErrorKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  SB_ASSERT(index < kRows.size());
  return kRows[index];
}

std::string error_object(const ApiError& error) {
  const ErrorRow& row = error_row(error.kind);
  std::string out = R"({"message":)";
  append_json_string(out, valid_utf8(error.message));
  out += R"(,"type":)";
  append_json_string(out, row.type);
  out += R"(,"param":)";
  append_string_or_null(out, valid_utf8(error.param.value_or("")));
  out += R"(,"code":)";
  append_string_or_null(out, row.code);
  if (row.queued) out += *row.queued ? R"(,"queued":true)" : R"(,"queued":false)";
  if (row.has_retry_after && error.retry_after) {
    out += fmt::format(R"(,"retry_after_ms":{})", error.retry_after->count());
  }
  out += '}';
  return out;
}

std::string error_body(const ApiError& error) {
  return R"({"error":)" + error_object(error) + '}';
}

std::optional<std::int64_t> retry_after_seconds(const ApiError& error) {
  if (!error_row(error.kind).has_retry_after) return std::nullopt;
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(error.retry_after.value_or(std::chrono::milliseconds::zero()));
  return std::clamp(seconds, kRetryAfterMin, kRetryAfterMax).count();
}

}  // namespace signalbox::api
