// Server-sent events: bytes to events and back. Source: WHATWG HTML, "Server-sent events"; here each event of
// an engine has one `data:` line. No sockets.
#pragma once

#include <cstddef>
#include <deque>
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

  // Adds bytes; take all events before the next piece, that is what bounds the memory. `limit` when one event
  // is longer than kEventBytesMax; the reader is then of no further use.
  [[nodiscard]] Result<void> feed(std::string_view bytes);
  // Takes the next whole event, valid until the next call of feed or next. False if there is none yet.
  [[nodiscard]] bool next(SseEvent& event);
  // Whether bytes of an unfinished event are left: a stream that ends so was cut.
  [[nodiscard]] bool pending() const;

 private:
  struct Owned {
    std::string name;
    std::string data;
  };

  void take_line(std::string_view line);

  std::string line_;  // the part of an unfinished line that earlier pieces brought
  std::string name_;
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  // the last piece ended with '\r': a '\n' that follows belongs to it
  bool first_line_ = true;
  std::deque<Owned> ready_;
  Owned current_;
};

[[nodiscard]] std::string sse_data(std::string_view data);                          // "data: …\n\n"
[[nodiscard]] std::string sse_event(std::string_view name, std::string_view data);  // "event: …\ndata: …\n\n"
[[nodiscard]] std::string sse_comment(std::string_view text);                       // ": …\n\n"

}  // namespace signalbox::api
