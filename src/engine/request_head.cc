#include "engine/request_head.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace signalbox::engine {
namespace {

constexpr std::array<std::string_view, 8> kNotPassedOn = {
    "host",   "connection", "content-length",   "content-type", "transfer-encoding",
    "expect", "upgrade",    "x-conversation-id"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view one, std::string_view lower_case) {
  return std::ranges::equal(one, lower_case, [](char a, char b) { return lower(a) == b; });
}

bool passed_on(std::string_view name) {
  return std::ranges::none_of(kNotPassedOn, [&](std::string_view other) { return same_name(name, other); });
}

bool is_word_character(char c) {
  return c > 0x20 && c < 0x7F;
}
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_word_character);
}
bool is_name(std::string_view text) {
  return is_word(text) && !text.contains(':');
}
bool is_value(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

}  // namespace

Result<std::string> make_request_head(const UpstreamRequest& request, const EngineAddress& address) {
  if (!is_word(request.method) || !is_word(request.target) || !request.target.starts_with('/')) {
    return fail(ErrorCode::invalid, "the request to the engine has no proper method or target");
  }
  auto head = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", request.method,
                          request.target);
  if (!address.api_key.empty()) head += fmt::format("Authorization: Bearer {}\r\n", address.api_key);
  for (const auto& [name, value] : request.headers) {
    if (!is_name(name) || !is_value(value)) {
      return fail(ErrorCode::invalid, "a header of the request to the engine is not one line");
    }
    const bool replaced = !address.api_key.empty() && same_name(name, "authorization");
    if (passed_on(name) && !replaced) head += fmt::format("{}: {}\r\n", name, value);
  }
  if (request.body.size() > 0 || request.method == "POST") {
    head += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size());
  }
  head += "\r\n";
  return head;
}

}  // namespace signalbox::engine
