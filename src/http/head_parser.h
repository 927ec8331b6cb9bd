// Reads one request's head, complete and already scanned: method, target, headers, and how the body will be
// framed. Stricter than the RFC wherever two readers could disagree about where a message ends. Pure. Wraps
// Beast's parser, so that one file pays for Beast's headers. The connection calls it once a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/head_scanner.h"

namespace signalbox::http {

inline constexpr std::size_t kFieldsMax = 128;

// A parsed head; its views lie in `raw`, so it stays where it was made.
struct MessageHead {
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  enum class Body { none, length, chunked };

  explicit MessageHead(std::string bytes) : raw(std::move(bytes)) {}
  MessageHead(const MessageHead&) = delete;
  MessageHead& operator=(const MessageHead&) = delete;

  // The first field of this name, case-insensitive.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;

  std::string raw;
  std::string_view method;
  std::string_view target;
  std::vector<Field> fields;
  bool http_1_0 = false;
  bool keep_alive = false;  // what the client asks for
  Body body = Body::none;
  std::uint64_t content_length = 0;  // with Body::length, more than 0
};

// `raw` is one whole head, its blank line included.
[[nodiscard]] std::expected<std::shared_ptr<const MessageHead>, BadMessage> parse_head(std::string raw);

}  // namespace signalbox::http
