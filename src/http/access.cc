// Protocols: RFC 6750 for bearer keys, Anthropic's x-api-key beside it, the Fetch standard for CORS.
#include "http/access.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "http/ascii.h"

namespace signalbox::http {

namespace {

constexpr std::array<std::string_view, 2> kPathsWithoutKey = {"/health", "/ready"};
constexpr std::string_view kMetricsPath = "/metrics";
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kAnyOrigin = "*";
// How long a browser may remember the answer to its question, in seconds.
constexpr std::string_view kPreflightMaxAge = "600";
constexpr std::string_view kAllowedMethods = "GET, POST, HEAD, OPTIONS";
constexpr std::string_view kExposedHeaders =
    "X-Request-Id, X-Queue-Wait-Ms, X-Model-Switch-Ms, Retry-After, X-Should-Retry";
constexpr std::size_t kQuotedBytesMax = 80;

bool holds(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::any_of(list,
                             [&](const std::string& item) { return equal_ignoring_case(item, wanted); });
}

// "box.lan:8080" and "[::1]:8080" without the port, "::1" without its brackets.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback_name(std::string_view name) {
  if (equal_ignoring_case(name, "localhost")) return true;
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(std::string(name), failure);
  return !failure && address.is_loopback();
}

// "http://127.0.0.1:8080" of "127.0.0.1:8080": a page that this server itself has sent.
bool is_same_origin(std::string_view origin, std::string_view host) {
  constexpr std::string_view kScheme = "http://";
  return origin.starts_with(kScheme) && !host.empty() &&
         equal_ignoring_case(origin.substr(kScheme.size()), host);
}

api::ApiError forbidden(std::string_view header, std::string_view value, std::string_view setting) {
  api::ApiError error;
  error.kind = api::ErrorKind::forbidden;
  error.message = fmt::format("{} '{}' may not use this server; server.{} names those that may.", header,
                              value.substr(0, kQuotedBytesMax), setting);
  return error;
}

// Names of headers and nothing else, so that it may be sent back.
bool is_header_list(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_token_character(c) || c == ',' || c == ' '; });
}

}  // namespace

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  // volatile: the compiler must not end the loop once the outcome is known.
  volatile unsigned difference = given.size() == secret.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char theirs = given[i];
    const char ours = secret.empty() ? '\0' : secret[i % secret.size()];
    difference = difference | static_cast<unsigned char>(theirs ^ ours);
  }
  return difference == 0;
}

const ApiKey* Access::find_key(const RequestHead& head) const {
  std::string_view given;
  if (const auto authorization = head.header("Authorization")) {
    const bool is_bearer = equal_ignoring_case(authorization->substr(0, kBearer.size()), kBearer);
    given = is_bearer ? authorization->substr(kBearer.size()) : std::string_view();
  } else if (const auto key = head.header("X-Api-Key")) {
    given = *key;
  }
  // Each key is compared, the right one or not.
  const ApiKey* found = nullptr;
  for (const ApiKey& candidate : options_.api_keys) {
    if (equal_in_constant_time(given, candidate.key)) found = &candidate;
  }
  return found;
}

bool Access::is_allowed_origin(std::string_view origin) const {
  return holds(options_.allowed_origins, kAnyOrigin) || holds(options_.allowed_origins, origin);
}

bool Access::is_known_host(std::string_view host) const {
  const std::string_view name = host_name(host);
  return is_loopback_name(name) || holds(options_.allowed_hosts, name) || holds(options_.allowed_hosts, host);
}

std::optional<api::ApiError> Access::refuse_page(const RequestHead& head) const {
  const auto host = head.header("Host");
  // HTTP/1.0 knows no Host, and no browser speaks it.
  if (options_.only_known_hosts && host && !is_known_host(*host)) {
    return forbidden("Host", *host, "allowed_hosts");
  }
  const auto origin = head.header("Origin");
  if (origin && !is_allowed_origin(*origin) && !is_same_origin(*origin, host.value_or(""))) {
    return forbidden("Origin", *origin, "allowed_origins");
  }
  return std::nullopt;
}

std::expected<KeyRules, api::ApiError> Access::admit(const RequestHead& head) const {
  if (options_.api_keys.empty()) {
    if (auto refusal = refuse_page(head)) return std::unexpected(*std::move(refusal));
    return KeyRules{};
  }
  const bool needs_no_key = std::ranges::find(kPathsWithoutKey, head.path) != kPathsWithoutKey.end() ||
                            (options_.metrics_without_key && head.path == kMetricsPath);
  if (needs_no_key) return KeyRules{};
  if (const ApiKey* key = find_key(head)) return key->rules;
  api::ApiError error;
  error.kind = api::ErrorKind::unauthenticated;
  error.message =
      "This server needs an API key: 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'. None was given, or one "
      "that is not known here.";
  return std::unexpected(std::move(error));
}

std::optional<Response> Access::answer_preflight(const RequestHead& head) const {
  const auto origin = head.header("Origin");
  const auto method = head.header("Access-Control-Request-Method");
  if (head.method != "OPTIONS" || !origin || !method) return std::nullopt;
  if (!is_allowed_origin(*origin)) return error_response(forbidden("Origin", *origin, "allowed_origins"));
  Response response;
  response.status = 204;
  response.headers = {{"Access-Control-Allow-Methods", std::string(kAllowedMethods)},
                      {"Access-Control-Max-Age", std::string(kPreflightMaxAge)}};
  // Clients send headers of their own making, so what is asked for is allowed.
  const auto wanted = head.header("Access-Control-Request-Headers");
  if (wanted && is_header_list(*wanted)) {
    response.headers.emplace_back("Access-Control-Allow-Headers", std::string(*wanted));
  }
  return response;
}

std::vector<Header> Access::cors_headers(const RequestHead& head) const {
  if (options_.allowed_origins.empty()) return {};
  std::vector<Header> headers = {{"Vary", "Origin"}};
  const auto origin = head.header("Origin");
  if (!origin || !is_allowed_origin(*origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", std::string(*origin));
  headers.emplace_back("Access-Control-Expose-Headers", std::string(kExposedHeaders));
  return headers;
}

}  // namespace signalbox::http
