// Finds the end of a request's head in bytes that arrive in pieces of any size, and refuses early what cannot
// become one: a head over the limit, TLS, HTTP/2, HTTP/0.9, NUL, bare line ends, folded lines. So a client
// that speaks something else gets its answer at once instead of a time-out. Names, values and lengths are
// head_parser.h's business. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "api/error.h"

namespace signalbox::http {

// Why bytes are not a request: what the client is told, and what the log line says.
struct BadMessage {
  api::ErrorKind kind = api::ErrorKind::invalid_request;
  std::string_view reason;  // a constant
};

// Looks at each byte once, however slowly they come. One scanner for one head.
class HeadScanner {
 public:
  explicit HeadScanner(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The head lies at [begin, end) of the input; what stands before it are blank lines, which RFC 9112, 2.2
  // has us skip.
  struct Extent {
    std::size_t begin;
    std::size_t end;
  };

  // `input` starts with all bytes given before. Nothing while the head is not complete.
  [[nodiscard]] std::expected<std::optional<Extent>, BadMessage> scan(std::string_view input);

 private:
  enum class Line { blank_before_request, request, field_start, field };

  // The reason why the byte at at_ cannot stand there; empty if it can.
  [[nodiscard]] std::string_view check(std::string_view input) const;
  [[nodiscard]] std::string_view end_line(std::string_view input);

  std::size_t bytes_max_;
  std::size_t at_ = 0;  // the first byte not looked at yet
  std::size_t begin_ = 0;
  Line line_ = Line::blank_before_request;
  bool complete_ = false;
};

}  // namespace signalbox::http
