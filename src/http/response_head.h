// The bytes in front of an answer's body: status line and headers. Pure. http_exchange.h calls it, and the
// connection for answers to what never became a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace signalbox::http {

enum class Framing {
  length,       // Content-Length
  chunked,      // each piece with its size before it
  until_close,  // HTTP/1.0: the end of the connection is the end of the body
  none,         // 204: no body at all
};
enum class Persistence {
  keep_alive,           // HTTP/1.1 says nothing
  keep_alive_http_1_0,  // an HTTP/1.0 client must be told
  close,
};

struct ResponseHead {
  unsigned status = 200;
  std::string_view content_type = {};  // empty: none
  Framing framing = Framing::length;
  std::uint64_t content_length = 0;
  std::string_view request_id = {};
  Persistence persistence = Persistence::keep_alive;
};

// A control character in a name or value becomes a space: no text can end a header and begin another.
[[nodiscard]] std::string serialize_head(const ResponseHead& head, const std::vector<Header>& headers);
// The header of this name, case-insensitive.
[[nodiscard]] std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                                          std::string_view name);

}  // namespace signalbox::http
