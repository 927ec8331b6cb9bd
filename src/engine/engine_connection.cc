#include "engine/engine_connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>

#include "engine/request_head.h"
#include "engine/runtime_folder.h"

namespace signalbox::engine {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// An engine that is asked by many at once (llama-server lets 5 wait to be accepted) is tried again so soon.
constexpr std::chrono::milliseconds kConnectRetry{2};

asio::generic::stream_protocol::endpoint endpoint_of(const EngineAddress& address) {
  if (address.socket_path.empty()) {
    return asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), address.port);
  }
  return asio::local::stream_protocol::endpoint(address.socket_path);
}

class BeastConnection final : public EngineConnection, public std::enable_shared_from_this<BeastConnection> {
 public:
  BeastConnection(const asio::any_io_executor& loop, const Clock& clock)
      : clock_(clock), socket_(loop), timer_(loop), retry_(loop) {
    // Not eager: an eager parser wants the line break behind a chunk too before it hands the chunk out.
    parser_.eager(false);
    parser_.header_limit(kHeadBytesMax);
    parser_.body_limit(boost::none);  // an answer may be as long as it likes; it is handed on piece by piece
  }

  asio::awaitable<Result<UpstreamHead>> exchange(EngineAddress address, UpstreamRequest request,
                                                 TimePoint deadline) override;
  asio::awaitable<Result<std::string_view>> read(TimePoint deadline) override;
  void close() override { end(End::closed_by_us); }

 private:
  enum class End { open, closed_by_us, timed_out };

  void end(End why) {
    if (end_ == End::open) end_ = why;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    retry_.cancel();
    deadline_ = TimePoint::max();
  }

  [[nodiscard]] bool is_open() const { return end_ == End::open; }

  // Until it is connected, refused, or the deadline has closed the socket.
  asio::awaitable<error_code> connect(EngineAddress address);

  // One timer for every wait. It is left running past a wait that ended, since setting it anew for each piece
  // of an answer would cost more than the read: when it fires it looks at the deadline that holds then.
  void arm(TimePoint deadline) {
    deadline_ = deadline;
    if (timer_runs_ && timer_at_ <= deadline) return;
    timer_runs_ = true;
    timer_at_ = deadline;
    timer_.expires_after(deadline - clock_.now());
    timer_.async_wait([weak = weak_from_this(), at = deadline](error_code error) {
      if (const auto self = weak.lock(); self && !error && self->timer_at_ == at) self->timer_fired();
    });
  }
  void disarm() { deadline_ = TimePoint::max(); }
  void timer_fired() {
    timer_runs_ = false;
    if (deadline_ == TimePoint::max()) return;
    if (clock_.now() < deadline_) return arm(deadline_);
    end(End::timed_out);
  }

  void write(std::string head, Rope body) {
    head_ = std::move(head);
    body_ = std::move(body);
    std::vector<asio::const_buffer> pieces;
    pieces.reserve(body_.pieces().size() + 1);
    pieces.emplace_back(asio::buffer(head_));
    for (const auto piece : body_.pieces()) pieces.emplace_back(piece.data(), piece.size());
    // Not awaited: an engine that refuses a request early answers before it has read it all, and that answer
    // counts. A write that fails needs no word either, because the read then fails too.
    asio::async_write(socket_, pieces,
                      [self = shared_from_this()](error_code, std::size_t) { self->body_ = Rope(); });
  }

  // Ends the connection and says why a wait on it failed.
  std::unexpected<Error> failed(error_code error, asio::cancellation_type cancelled) {
    const auto why = cancelled == asio::cancellation_type::none ? end_ : End::closed_by_us;
    end(End::closed_by_us);
    if (why == End::timed_out) return fail(ErrorCode::timeout, "the engine did not answer in time");
    if (why == End::closed_by_us)
      return fail(ErrorCode::cancelled, "the connection to the engine was closed");
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error == asio::error::eof) {
      return fail(ErrorCode::closed, "the engine closed the connection before the end of its answer");
    }
    // Our own want, which says nothing about the engine.
    const bool no_descriptors =
        error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system;
    return fail(no_descriptors ? ErrorCode::limit : ErrorCode::closed,
                fmt::format("the connection to the engine failed: {}", error.message()));
  }

  const Clock& clock_;
  asio::generic::stream_protocol::socket socket_;
  asio::steady_timer timer_;
  asio::steady_timer retry_;
  TimePoint deadline_ = TimePoint::max();
  TimePoint timer_at_;
  bool timer_runs_ = false;
  End end_ = End::open;
  bool finished_ = false;  // the answer was read to its proper end
  std::string head_;
  Rope body_;
  boost::beast::flat_buffer buffer_{kHeadBytesMax + kReadBytes};
  http::response_parser<http::buffer_body> parser_;
  std::array<char, kReadBytes> piece_;
};

// The members below are coroutines that may outlive whoever called them: `self` keeps the connection. While
// they run, a cancellation of the coroutine arrives as an error of the operation and not as an exception.
asio::awaitable<error_code> BeastConnection::connect(EngineAddress address) {
  const auto self = shared_from_this();
  const auto endpoint = endpoint_of(address);
  for (;;) {
    auto [error] = co_await socket_.async_connect(endpoint, kAwait);
    if (error || !is_open()) co_return error;
    // A unix socket whose queue is full refuses with EAGAIN, which Asio takes for "under way" and then for
    // success.
    socket_.remote_endpoint(error);
    if (error != asio::error::not_connected) co_return error;
    socket_.close(error);
    retry_.expires_after(kConnectRetry);
    std::tie(error) = co_await retry_.async_wait(kAwait);
    if (error || !is_open()) co_return asio::error::operation_aborted;
  }
}

asio::awaitable<Result<UpstreamHead>> BeastConnection::exchange(EngineAddress address,
                                                                UpstreamRequest request, TimePoint deadline) {
  const auto self = shared_from_this();
  auto head = make_request_head(request, address);
  if (!head) co_return std::unexpected(head.error());
  if (address.socket_path.size() > kSocketPathBytesMax)
    co_return fail(ErrorCode::invalid, "the socket's path is too long");
  if (!is_open()) co_return failed({}, asio::cancellation_type::none);

  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  arm(deadline);
  auto error = co_await connect(address);
  if (!error && is_open()) {
    write(std::move(*head), std::move(request.body));
    std::tie(error, std::ignore) = co_await http::async_read_header(socket_, buffer_, parser_, kAwait);
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (error || !is_open() || cancelled != asio::cancellation_type::none) co_return failed(error, cancelled);
  disarm();
  const auto& answer = parser_.get();
  co_return UpstreamHead{.status = answer.result_int(),
                         .content_type = std::string(answer[http::field::content_type])};
}

asio::awaitable<Result<std::string_view>> BeastConnection::read(TimePoint deadline) {
  const auto self = shared_from_this();
  if (finished_) co_return std::string_view();
  if (!is_open()) co_return failed({}, asio::cancellation_type::none);
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto& body = parser_.get().body();
  error_code error;
  std::size_t got = 0;
  arm(deadline);
  // A read may bring no byte of the body, only the frame around it; each brings something, so this ends.
  while (got == 0 && !error && is_open() && !parser_.is_done()) {
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    std::tie(error, std::ignore) = co_await http::async_read_some(socket_, buffer_, parser_, kAwait);
    if (error == http::error::need_buffer) error = {};
    got = piece_.size() - body.size;
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (error || !is_open() || cancelled != asio::cancellation_type::none) co_return failed(error, cancelled);
  disarm();
  if (got == 0) {
    finished_ = true;
    end(End::closed_by_us);
  }
  co_return std::string_view(piece_.data(), got);
}

}  // namespace

std::shared_ptr<EngineConnection> EngineConnection::make(const asio::any_io_executor& loop,
                                                         const Clock& clock) {
  return std::make_shared<BeastConnection>(loop, clock);
}

asio::awaitable<Result<SmallAnswer>> get(std::shared_ptr<EngineConnection> connection, EngineAddress address,
                                         std::string target, TimePoint deadline) {
  return exchange_small(std::move(connection), std::move(address),
                        {.method = "GET", .target = std::move(target)}, deadline);
}

asio::awaitable<Result<SmallAnswer>> exchange_small(std::shared_ptr<EngineConnection> connection,
                                                    EngineAddress address, UpstreamRequest request,
                                                    TimePoint deadline) {
  // Only for clang's analyzer: it takes a coroutine that begins by waiting for another for one without a
  // thread.
  std::ignore = co_await asio::this_coro::executor;
  SmallAnswer answer;
  const auto head = co_await connection->exchange(std::move(address), std::move(request), deadline);
  if (!head) co_return std::unexpected(head.error());
  answer.status = head->status;
  for (;;) {
    const auto piece = co_await connection->read(deadline);
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return answer;
    if (answer.body.size() + piece->size() > kSmallAnswerBytesMax) {
      connection->close();
      co_return fail(ErrorCode::limit, "the engine's answer is too long");
    }
    answer.body += *piece;
  }
}

}  // namespace signalbox::engine
