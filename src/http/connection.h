// One client's connection from accept to close: reads heads within their limits, hands each request to its
// route, answers what is no request, and decides whether to go on. The server makes it and counts it.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "api/error.h"
#include "http/head_scanner.h"
#include "http/http_exchange.h"
#include "http/server_context.h"
#include "http/wire.h"

namespace signalbox::http {

// Loop thread only. `serve` runs once and keeps the connection alive; `drain` and `close` may come at any
// time.
//
//   idle --first byte--> reading_head --complete--> serving --answered, keep-alive--> idle
//     |                       |                        |
//     +--- time-out, EOF -----+--- bad, slow, EOF -----+--- else --> closing
class Connection {
 public:
  Connection(Socket socket, std::shared_ptr<ServerContext> context);

  // Until the connection is over. Only running out of memory is thrown, and closes this connection.
  static boost::asio::awaitable<void> serve(std::shared_ptr<Connection> self);
  // Answers 503 too_many_connections and closes.
  static boost::asio::awaitable<void> turn_away(std::shared_ptr<Connection> self);

  // Closes at once if no request has begun; else the answer under way is the last.
  void drain();
  void close();

 private:
  enum class Phase { idle, reading_head, serving, closing };
  // Why no request came; without an error there is nobody to tell.
  struct NoRequest {
    std::optional<BadMessage> fault;
  };

  boost::asio::awaitable<std::expected<std::string, NoRequest>> read_head();
  [[nodiscard]] NoRequest head_missing(Wire::Input input) const;
  [[nodiscard]] std::expected<HttpExchange::Request, BadMessage> parse(std::string head_bytes);
  boost::asio::awaitable<bool> serve_one(HttpExchange::Request request);
  // The rules of the request's key, or the answer to a request that no route shall see.
  [[nodiscard]] std::expected<KeyRules, Response> let_in(const RequestHead& head) const;
  boost::asio::awaitable<void> run_route(std::shared_ptr<HttpExchange> exchange);
  boost::asio::awaitable<void> refuse(BadMessage fault);
  boost::asio::awaitable<void> finish();

  std::shared_ptr<ServerContext> context_;
  std::shared_ptr<Wire> wire_;
  Phase phase_ = Phase::idle;
  bool first_request_ = true;
  bool more_may_come_ = false;  // bytes that nobody will read, so that closing takes a little longer
  std::string request_id_;  // the client's, for the answer to a head that parses and is refused all the same
};

}  // namespace signalbox::http
