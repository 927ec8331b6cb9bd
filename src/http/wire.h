// One client's socket with deadlines: reads what arrives, writes all or says why not, watches for the
// client's departure. Knows bytes, not HTTP. Used by connection.h and http_exchange.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "base/time.h"
#include "http/input_buffer.h"

namespace signalbox::http {

using Socket = boost::asio::generic::stream_protocol::socket;

// Loop thread only. One coroutine reads and writes, one operation at a time; the watch goes on beside it.
// Whoever awaits keeps the wire alive. Waiting is one timer that news from the socket cuts short, so no
// operation is ever cancelled and none is lost.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  Wire(Socket socket, const Clock& clock, Duration stall_timeout);

  // How much to read: never more than `total` bytes unused in the buffer, `piece` at once.
  struct ReadBounds {
    std::size_t total;
    std::size_t piece;
  };
  enum class Input {
    bytes,      // there is more in input() than before
    end,        // the client closed or half-closed, the connection is lost, or we closed it
    timed_out,  // the deadline passed
  };
  // Waits for more bytes; input() holds less than `bounds.total`.
  boost::asio::awaitable<Input> read_more(TimePoint deadline, ReadBounds bounds);
  [[nodiscard]] InputBuffer& input() { return input_; }

  // Reads on within `bounds` whatever else happens, so that an EOF or reset shows at once: then `gone` runs,
  // once, from the loop, never inside a call to this class. It also runs when we close the connection.
  void watch(ReadBounds bounds, std::function<void()> gone);
  void unwatch();
  // The client has closed or half-closed, or the connection is no more.
  [[nodiscard]] bool ended() const { return state_ != State::open; }

  // All of the parts, in order, or an error: `closed`, or `timeout` after the stall time-out without
  // progress; the connection is closed then. The parts stay valid until the end.
  using Parts = std::array<std::string_view, 3>;
  boost::asio::awaitable<Result<void>> write(Parts parts);
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_; }

  // Bytes of the client that nobody will use are there: a plain close would reset the connection, and the
  // client might lose the answer it has not read yet.
  [[nodiscard]] bool has_unread() const;
  // Says that nothing more will be sent and waits, for a bounded time and amount, for the client to close.
  boost::asio::awaitable<void> linger();
  void close();

  // "127.0.0.1:54321", "[::1]:54321" or "unix".
  [[nodiscard]] std::string peer() const;

 private:
  enum class State { open, half_closed, closed };

  void arm_read();
  void on_readable(const boost::system::error_code& code);
  void read_piece();
  void input_ended(State state);
  void tell_gone();
  boost::asio::awaitable<Result<void>> wait_writable();
  [[nodiscard]] std::size_t unsent_in_kernel();

  Socket socket_;
  const Clock& clock_;
  Duration stall_timeout_;
  boost::asio::steady_timer timer_;
  InputBuffer input_;
  ReadBounds bounds_{};
  std::function<void()> gone_;
  std::uint64_t bytes_written_ = 0;
  std::size_t slice_bytes_ = 0;  // written since the loop last had its turn
  State state_ = State::open;
  bool watching_ = false;
  bool read_armed_ = false;
  bool write_ready_ = false;
  bool busy_ = false;  // a read_more or write is under way
};

}  // namespace signalbox::http
