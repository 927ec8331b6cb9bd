// Who may use this server: API keys, and protection from the web pages that a browser on this machine has
// open. Pure. The connection asks before any route runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"
#include "http/exchange.h"

namespace signalbox::http {

struct AccessOptions {
  // Without one, everybody who reaches the server may use it.
  std::vector<std::string> api_keys{};
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

  // Why this request may not be served; none if it may. A wrong key and no key are told alike.
  [[nodiscard]] std::optional<api::ApiError> refuse(const RequestHead& head) const;
  // The answer to a browser that asks whether a page may send its request (CORS preflight); none if it does
  // not ask. Needs no key: a browser sends none with the question.
  [[nodiscard]] std::optional<Response> answer_preflight(const RequestHead& head) const;
  // What lets a page of an allowed origin read the answer; empty for everybody else.
  [[nodiscard]] std::vector<Header> cors_headers(const RequestHead& head) const;

 private:
  [[nodiscard]] bool has_key(const RequestHead& head) const;
  [[nodiscard]] bool is_allowed_origin(std::string_view origin) const;
  [[nodiscard]] bool is_known_host(std::string_view host) const;

  AccessOptions options_;
};

// Takes the same time for every `given` of one length, however much of it is right.
[[nodiscard]] bool equal_in_constant_time(std::string_view given, std::string_view secret);

}  // namespace signalbox::http
