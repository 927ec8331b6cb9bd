#include "http/response_head.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "http/ascii.h"

namespace signalbox::http {
namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";  // an engine's own status: the phrase may be empty (RFC 9112, 4)
  }
}

void append_clean(std::string& out, std::string_view text) {
  const auto clean = [](char c) { return is_control_character(c) ? ' ' : c; };
  std::ranges::transform(text, std::back_inserter(out), clean);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

}  // namespace

std::string serialize_head(const ResponseHead& head, const std::vector<Header>& headers) {
  std::string out;
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", head.status, reason_phrase(head.status));
  if (!head.content_type.empty()) append_header(out, "Content-Type", head.content_type);
  if (head.framing == Framing::length)
    append_header(out, "Content-Length", fmt::to_string(head.content_length));
  if (head.framing == Framing::chunked) append_header(out, "Transfer-Encoding", "chunked");
  append_header(out, "X-Request-Id", head.request_id);
  if (head.persistence == Persistence::close) append_header(out, "Connection", "close");
  if (head.persistence == Persistence::keep_alive_http_1_0) append_header(out, "Connection", "keep-alive");
  for (const auto& [name, value] : headers) append_header(out, name, value);
  out += "\r\n";
  return out;
}

std::optional<std::string_view> find_header(const std::vector<Header>& headers, std::string_view name) {
  const auto same = [&](const Header& header) { return equal_ignoring_case(header.first, name); };
  const auto found = std::ranges::find_if(headers, same);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Response error_response(const api::ApiError& error) {
  const api::ErrorRow& row = api::error_row(error.kind);
  Response response;
  response.status = row.status;
  response.error = error.kind;
  response.body = api::error_body(error);
  if (const auto seconds = api::retry_after_seconds(error)) {
    response.headers.emplace_back("Retry-After", fmt::to_string(*seconds));
  }
  if (error.kind == api::ErrorKind::unauthenticated)
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (row.should_not_retry) response.headers.emplace_back("x-should-retry", "false");
  if (row.closes_connection) response.headers.emplace_back("Connection", "close");
  return response;
}

}  // namespace signalbox::http
