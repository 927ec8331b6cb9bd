#include "http/wire.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"

namespace signalbox::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// At most this much goes to the kernel in one call, and this much without giving the loop to others.
constexpr std::size_t kWritePieceBytes = std::size_t{64} * 1024;
constexpr std::size_t kWriteSliceBytes = std::size_t{256} * 1024;

constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerBytes = std::size_t{16} * 1024 * 1024;
constexpr Wire::ReadBounds kLingerBounds = {.total = std::size_t{64} * 1024, .piece = std::size_t{64} * 1024};

std::unexpected<Error> closed() {
  return fail(ErrorCode::closed, "the client's connection is closed");
}

bool would_block(const error_code& code) {
  return code == asio::error::would_block || code == asio::error::try_again ||
         code == asio::error::interrupted;
}

// What is left of the parts after `sent` bytes, at most one piece of it.
std::array<asio::const_buffer, 3> next_piece(const Wire::Parts& parts, std::size_t sent) {
  std::array<asio::const_buffer, 3> piece;
  std::size_t room = kWritePieceBytes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t skipped = std::min(sent, parts[i].size());
    sent -= skipped;
    const std::string_view rest = parts[i].substr(skipped, room);
    room -= rest.size();
    piece[i] = asio::buffer(rest.data(), rest.size());
  }
  return piece;
}

class Busy {
 public:
  explicit Busy(bool& flag) : flag_(flag) {
    SB_ASSERT(!flag_);
    flag_ = true;
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() { flag_ = false; }

 private:
  bool& flag_;
};

}  // namespace

Wire::Wire(Socket socket, const Clock& clock, Duration stall_timeout)
    : socket_(std::move(socket)),
      clock_(clock),
      stall_timeout_(stall_timeout),
      timer_(socket_.get_executor()) {
  error_code code;
  socket_.non_blocking(true, code);
  if (code) close();
}

asio::awaitable<Wire::Input> Wire::read_more(TimePoint deadline, ReadBounds bounds) {
  const Busy busy(busy_);
  SB_ASSERT(input_.size() < bounds.total);
  bounds_ = bounds;
  const std::size_t before = input_.size();
  while (true) {
    if (ended()) co_return Input::end;
    arm_read();
    timer_.expires_after(deadline - clock_.now());
    const auto [code] = co_await timer_.async_wait(kTuple);
    if (input_.size() > before) co_return Input::bytes;
    if (ended()) co_return Input::end;
    if (!code) co_return Input::timed_out;
  }
}

void Wire::arm_read() {
  if (read_armed_ || ended()) return;
  read_armed_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const error_code& code) { self->on_readable(code); });
}

void Wire::on_readable(const error_code& code) {
  read_armed_ = false;
  if (ended()) return;
  if (code) return close();
  try {
    read_piece();
  } catch (const std::exception& error) {  // no memory: this client's misfortune alone
    log::warning("reading from a client failed", {{"reason", error.what()}});
    close();
  }
}

void Wire::read_piece() {
  const std::size_t room = bounds_.total - std::min(input_.size(), bounds_.total);
  // Full: reading pauses until somebody uses what is there.
  if (room == 0) return;
  const auto space = input_.prepare(std::min(room, bounds_.piece));
  error_code code;
  const std::size_t got = socket_.read_some(asio::buffer(space.data(), space.size()), code);
  input_.commit(code ? 0 : got);
  if (code && !would_block(code)) {
    input_ended(code == asio::error::eof ? State::half_closed : State::closed);
    return;
  }
  timer_.cancel();
  if (watching_) arm_read();
}

void Wire::watch(ReadBounds bounds, std::function<void()> gone) {
  SB_ASSERT(!watching_);
  watching_ = true;
  bounds_ = bounds;
  gone_ = std::move(gone);
  if (ended()) return input_ended(state_);
  if (input_.size() < bounds.total) arm_read();
}

void Wire::unwatch() {
  watching_ = false;
  gone_ = nullptr;
}

void Wire::input_ended(State state) {
  state_ = state;
  if (state == State::closed) {
    error_code ignored;
    socket_.close(ignored);
  }
  timer_.cancel();
  if (gone_) asio::post(socket_.get_executor(), [self = shared_from_this()] { self->tell_gone(); });
}

void Wire::tell_gone() {
  const auto gone = std::exchange(gone_, nullptr);
  if (!gone) return;
  try {
    gone();
  } catch (const std::exception& error) {
    log::error("a route's reaction to a departed client failed", {{"reason", error.what()}});
  }
}

void Wire::close() {
  if (state_ != State::closed) input_ended(State::closed);
}

asio::awaitable<Result<void>> Wire::write(Parts parts) {
  const Busy busy(busy_);
  std::size_t total = 0;
  for (const auto part : parts) total += part.size();
  std::size_t sent = 0;
  while (sent < total) {
    if (state_ == State::closed) co_return closed();
    error_code code;
    const std::size_t written = socket_.write_some(next_piece(parts, sent), code);
    if (!code) {
      sent += written;
      bytes_written_ += written;
      // Counted over many small writes too: a stream that always has something to say waits nowhere else.
      slice_bytes_ += written;
      if (slice_bytes_ < kWriteSliceBytes) continue;
      slice_bytes_ = 0;
      co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    } else if (would_block(code)) {
      slice_bytes_ = 0;
      if (auto ready = co_await wait_writable(); !ready) co_return ready;
    } else {
      close();
      co_return closed();
    }
  }
  co_return Result<void>{};
}

// Readiness alone would be a coarse sign of life: the kernel reports it only once a third of the send buffer
// is free. So when the time is up, a send buffer that shrank counts as progress too.
asio::awaitable<Result<void>> Wire::wait_writable() {
  write_ready_ = false;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& /*code*/) {
    self->write_ready_ = true;
    self->timer_.cancel();
  });
  std::size_t unsent = unsent_in_kernel();
  TimePoint deadline = clock_.now() + stall_timeout_;
  while (true) {
    timer_.expires_after(deadline - clock_.now());
    const auto [code] = co_await timer_.async_wait(kTuple);
    if (state_ == State::closed) co_return closed();
    if (write_ready_) co_return Result<void>{};
    if (code) continue;
    const std::size_t now_unsent = unsent_in_kernel();
    if (now_unsent >= unsent) break;
    unsent = now_unsent;
    deadline = clock_.now() + stall_timeout_;
  }
  // The writer is told by the error; `gone` is for departures that nobody would notice.
  unwatch();
  close();
  co_return fail(ErrorCode::timeout, fmt::format("the client did not read for {} ms", to_ms(stall_timeout_)));
}

std::size_t Wire::unsent_in_kernel() {
  int bytes = 0;
  return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 && bytes > 0
             ? static_cast<std::size_t>(bytes)
             : 0;
}

bool Wire::has_unread() const {
  if (state_ != State::open) return false;
  error_code code;
  return !input_.empty() || socket_.available(code) > 0;
}

asio::awaitable<void> Wire::linger() {
  if (ended()) co_return;
  unwatch();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  const TimePoint deadline = clock_.now() + kLingerTime;
  for (std::size_t drained = 0; drained < kLingerBytes; drained += input_.size()) {
    input_.consume(input_.size());
    if (co_await read_more(deadline, kLingerBounds) != Input::bytes) co_return;
  }
}

std::string Wire::peer() const {
  error_code code;
  const auto endpoint = socket_.remote_endpoint(code);
  if (code) return {};
  const int family = endpoint.protocol().family();
  asio::ip::tcp::endpoint address;
  if ((family != AF_INET && family != AF_INET6) || endpoint.size() > address.capacity()) return "unix";
  std::memcpy(address.data(), endpoint.data(), endpoint.size());
  return family == AF_INET ? fmt::format("{}:{}", address.address().to_string(), address.port())
                           : fmt::format("[{}]:{}", address.address().to_string(), address.port());
}

}  // namespace signalbox::http
