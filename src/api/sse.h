// Server-sent events: bytes to events and back. Source: WHATWG HTML, "Server-sent events"; here each event of an
// engine has one `data:` line. No sockets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox::api {

struct SseEvent {
  std::string_view name;  // of the `event:` line; empty if there was none
  std::string_view data;  // data lines joined by '\n'
};

// Takes bytes in pieces of any size and gives whole events. Comments and unknown fields are dropped.
class SseReader {
 public:
  static constexpr std::size_t kEventBytesMax = std::size_t{16} * 1024 * 1024;

  // Adds bytes. `limit` when one event is longer than kEventBytesMax; the reader is then of no further use.
  [[nodiscard]] Result<void> feed(std::string_view bytes);
  // Takes the next whole event, valid until the next call of feed or next. False if there is none yet.
  [[nodiscard]] bool next(SseEvent& event);
  // Whether bytes of an unfinished event are left: a stream that ends so was cut.
  [[nodiscard]] bool pending() const;

 private:
  std::string buffer_;
  std::size_t read_ = 0;
  std::string name_;
  std::string data_;
};

[[nodiscard]] std::string sse_data(std::string_view data);                          // "data: …\n\n"
[[nodiscard]] std::string sse_event(std::string_view name, std::string_view data);  // "event: …\ndata: …\n\n"
[[nodiscard]] std::string sse_comment(std::string_view text);                       // ": …\n\n"

}  // namespace signalbox::api
