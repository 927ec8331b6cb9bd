#include "http/server.h"

#include <exception>
#include <list>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/listener.h"
#include "http/log_limiter.h"
#include "http/server_context.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// After a failed accept: descriptors come back when connections end, and a loop that retries at once would
// spin.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kAcceptFailureInterval = std::chrono::minutes(1);
// Connections over the limit that get an answer at the same time; beyond that they are closed without a word.
constexpr std::size_t kTurnedAwayMax = 64;

}  // namespace

// Lives as long as the server or the last of its coroutines.
class Server::Core : public std::enable_shared_from_this<Server::Core> {
 public:
  Core(asio::any_io_executor executor, const Clock& clock, metrics::Metrics& metrics,
       const ServerOptions& options, Router router)
      : executor_(std::move(executor)),
        context_(std::make_shared<ServerContext>(ServerContext{
            .options = options, .clock = clock, .metrics = metrics, .router = std::move(router)})),
        accept_pause_(executor_),
        all_gone_(executor_, asio::steady_timer::time_point::max()) {}

  Result<void> start();
  [[nodiscard]] std::string address() const { return address_; }
  void drain();
  void close();
  static asio::awaitable<void> drained(std::shared_ptr<Core> self);

 private:
  struct Entry {
    std::shared_ptr<Connection> connection;
    bool turned_away;
  };

  static asio::awaitable<void> accept_all(std::shared_ptr<Core> self);
  asio::awaitable<void> accept_one();
  void admit(Socket socket);
  void connection_ended(std::list<Entry>::iterator entry, const std::exception_ptr& failure);

  asio::any_io_executor executor_;
  std::shared_ptr<ServerContext> context_;
  std::optional<Listener> listener_;
  std::string address_;
  asio::steady_timer accept_pause_;
  asio::steady_timer all_gone_;  // never expires; cancelled to wake those who wait in `drained`
  std::list<Entry> connections_;
  std::size_t turned_away_ = 0;
  LogLimiter accept_failures_{1, kAcceptFailureInterval};
};

Result<void> Server::Core::start() {
  SB_ASSERT(!listener_);
  auto listener = Listener::open(executor_, context_->options.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_.emplace(std::move(*listener));
  address_ = listener_->address();
  asio::co_spawn(executor_, accept_all(shared_from_this()), [](const std::exception_ptr& failure) {
    if (failure) log::error("accepting connections ended");
  });
  return {};
}

asio::awaitable<void> Server::Core::accept_all(std::shared_ptr<Core> self) {
  while (self->listener_->acceptor().is_open()) {
    try {
      co_await self->accept_one();
    } catch (const std::exception& error) {  // no memory for one more connection
      log::error("accepting a connection failed", {{"reason", error.what()}});
    }
  }
}

asio::awaitable<void> Server::Core::accept_one() {
  auto [code, socket] = co_await listener_->acceptor().async_accept(kTuple);
  if (!listener_->acceptor().is_open()) co_return;
  if (!code) {
    admit(std::move(socket));
    co_return;
  }
  // The client left before it was accepted.
  if (code == asio::error::connection_aborted) co_return;
  if (const auto held_back = accept_failures_.admit(context_->clock.now())) {
    log::error("accepting a connection failed", {{"reason", code.message()}, {"held_back", *held_back}});
  }
  accept_pause_.expires_after(kAcceptPause);
  (void)co_await accept_pause_.async_wait(kTuple);
}

void Server::Core::admit(Socket socket) {
  tune_connection(socket, context_->options.client_stall_timeout);
  const bool turned_away = connections_.size() - turned_away_ >= context_->options.connections_max;
  if (turned_away && turned_away_ >= kTurnedAwayMax) {
    context_->metrics.rejected(metrics::Rejection::too_many_connections);
    return;
  }
  auto connection = std::make_shared<Connection>(std::move(socket), context_);
  const auto entry =
      connections_.insert(connections_.end(), Entry{.connection = connection, .turned_away = turned_away});
  if (turned_away) ++turned_away_;
  context_->metrics.connections_changed(connections_.size());
  try {
    asio::co_spawn(executor_, turned_away ? Connection::turn_away(connection) : Connection::serve(connection),
                   [self = shared_from_this(), entry](const std::exception_ptr& failure) {
                     self->connection_ended(entry, failure);
                   });
  } catch (const std::exception&) {
    connection_ended(entry, std::current_exception());
  }
}

void Server::Core::connection_ended(std::list<Entry>::iterator entry, const std::exception_ptr& failure) {
  entry->connection->close();
  if (entry->turned_away) --turned_away_;
  connections_.erase(entry);
  context_->metrics.connections_changed(connections_.size());
  if (connections_.empty()) all_gone_.cancel();
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error("connection failed", {{"reason", error.what()}});
  } catch (...) {
    log::error("connection failed", {{"reason", "an exception of unknown type"}});
  }
}

void Server::Core::drain() {
  context_->draining = true;
  if (listener_) listener_->close();
  accept_pause_.cancel();
  for (const Entry& entry : connections_) entry.connection->drain();
}

void Server::Core::close() {
  drain();
  for (const Entry& entry : connections_) entry.connection->close();
}

asio::awaitable<void> Server::Core::drained(std::shared_ptr<Core> self) {
  while (!self->connections_.empty()) (void)co_await self->all_gone_.async_wait(kTuple);
}

Server::Server(asio::any_io_executor executor, const Clock& clock, metrics::Metrics& metrics,
               const ServerOptions& options, Router router)
    : core_(std::make_shared<Core>(std::move(executor), clock, metrics, options, std::move(router))) {}

Server::~Server() {
  core_->close();
}

Result<void> Server::start() {
  return core_->start();
}

std::string Server::address() const {
  return core_->address();
}

void Server::drain() {
  core_->drain();
}

void Server::close() {
  core_->close();
}

asio::awaitable<void> Server::drained() {
  return Core::drained(core_);
}

}  // namespace signalbox::http
