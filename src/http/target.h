// Takes a request target apart: "/v1/models/a%2Fb?wait=true" -> path "/v1/models/a/b", query "wait=true".
// Pure; no routing. The connection calls it once a request.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace signalbox::http {

struct Target {
  std::string path;   // percent-decoded, valid UTF-8, no control characters, starts with '/' (or is "*")
  std::string query;  // as it came, without '?'
};

// Takes origin form ("/path?query"), absolute form ("http://host/path") and "*". The error says what is wrong
// with it.
[[nodiscard]] std::expected<Target, std::string_view> parse_target(std::string_view raw);

}  // namespace signalbox::http
