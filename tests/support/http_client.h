// A blocking HTTP/1.1 client for tests over a raw socket: it can send half a request, garbage, stop reading,
// close one side or both. Every wait has a deadline; what a test cannot go on without is thrown. Not for
// production code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "support/eventually.h"

namespace signalbox::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Reply {
  unsigned status = 0;
  Headers headers;
  std::string body;
  Duration elapsed{0};  // from the first byte sent to the last byte read

  // The first header of this name, case-insensitive; empty if there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] boost::json::value json() const;
  // error.type, error.code ("" for null), error.message of an error body.
  [[nodiscard]] std::string error(std::string_view member) const;
};

enum class Close { orderly, reset };

// One connection. Moves, does not copy; closes when destroyed.
class Connection {
 public:
  // "http://127.0.0.1:PORT" or "unix:/path"; throws when nobody listens there.
  explicit Connection(const std::string& address);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // All of it; false if the other side closed.
  bool send(std::string_view bytes);
  void shutdown_write();
  void close(Close how = Close::orderly);
  // Makes the receive buffer small, so that a reader that stops is soon felt.
  void shrink_receive_buffer();

  // The next bytes; empty at the end (also after a reset). Throws when nothing comes in time.
  [[nodiscard]] std::string read(Duration within = kPatience);
  // One byte, and not one more from the kernel; none at the end. Throws when nothing comes in time.
  [[nodiscard]] std::optional<char> read_byte(Duration within = kPatience);
  // Whether anything (bytes or the end) is there to read.
  [[nodiscard]] bool readable(Duration within) const;
  // Up to and including the blank line; throws if the end comes first.
  [[nodiscard]] Reply read_head(Duration within = kPatience);
  // A whole answer with its body (Content-Length, chunked, or until the end).
  [[nodiscard]] Reply read_reply(Duration within = kPatience);
  // True when the other side closes in time; throws away what it says before.
  [[nodiscard]] bool closed_by_peer(Duration within = kPatience);
  // Bytes read but not yet taken, and the way to give them back.
  std::string& input() { return input_; }

 private:
  [[nodiscard]] std::string read_chunked(TimePoint deadline);
  void fill(TimePoint deadline);

  int socket_ = -1;
  std::string input_;
  bool ended_ = false;
};

// The text of a request; Host is added where the headers have none, Content-Length where there is a body or a
// POST.
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       std::string_view body = "", const Headers& headers = {});

}  // namespace signalbox::test
