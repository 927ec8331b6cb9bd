// Who may use this server: API keys, and protection from the web pages that a browser on this machine has
// open. Pure. The connection asks before any route runs.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"
#include "http/exchange.h"
#include "http/key_rules.h"

namespace signalbox::http {

struct ApiKey {
  std::string key;
  KeyRules rules{};
};

struct AccessOptions {
  // Without one, everybody who reaches the server may use it.
  std::vector<ApiKey> api_keys{};
  // Web pages that may call, as a browser names them: "https://chat.example", "app://obsidian.md"; "*" is
  // all.
  std::vector<std::string> allowed_origins{};
  // Without keys on a loopback address only loopback's own names are taken for the server, so that no web
  // page reaches it through a name of its own that resolves to 127.0.0.1; and these.
  bool only_known_hosts = false;
  std::vector<std::string> allowed_hosts{};
  bool metrics_without_key = false;
};

class Access {
 public:
  explicit Access(AccessOptions options) : options_(std::move(options)) {}

  // The rules of the key that the request came with, or why it may not be served. A wrong key and no key are
  // told alike.
  [[nodiscard]] std::expected<KeyRules, api::ApiError> admit(const RequestHead& head) const;
  // The answer to a browser that asks whether a page may send its request (CORS preflight); none if it does
  // not ask. Needs no key: a browser sends none with the question.
  [[nodiscard]] std::optional<Response> answer_preflight(const RequestHead& head) const;
  // What lets a page of an allowed origin read the answer; empty for everybody else.
  [[nodiscard]] std::vector<Header> cors_headers(const RequestHead& head) const;

 private:
  // Of a server without keys: why this request may be a web page's.
  [[nodiscard]] std::optional<api::ApiError> refuse_page(const RequestHead& head) const;
  // The key of the request; null if it has none that is known here.
  [[nodiscard]] const ApiKey* find_key(const RequestHead& head) const;
  [[nodiscard]] bool is_allowed_origin(std::string_view origin) const;
  [[nodiscard]] bool is_known_host(std::string_view host) const;

  AccessOptions options_;
};

// Takes the same time for every `given` of one length, however much of it is right.
[[nodiscard]] bool equal_in_constant_time(std::string_view given, std::string_view secret);

}  // namespace signalbox::http
