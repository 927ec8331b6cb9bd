// The HTTP/1.1 server: listens, reads heads within their limits, hands each request to the router's handler,
// keeps connections alive. Knows nothing of models.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "base/time.h"
#include "http/access.h"
#include "http/router.h"
#include "metrics/metrics.h"

namespace signalbox::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // host:port, [v6]:port, port 0 = any free one, or unix:/path
  std::size_t connections_max = 10'000;
  std::size_t header_bytes_max = std::size_t{32} * 1024;
  std::size_t body_bytes_max = std::size_t{64} * 1024 * 1024;
  Duration header_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(60);  // without a byte
  Duration keep_alive_timeout = std::chrono::seconds(75);
  Duration client_stall_timeout = std::chrono::seconds(30);
  AccessOptions access{};
};

// Loop thread only. Metrics outlive it.
class Server {
 public:
  Server(boost::asio::any_io_executor executor, const Clock& clock, metrics::Metrics& metrics,
         const ServerOptions& options, Router router);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Binds and starts to accept. The error names the address and what the system said.
  [[nodiscard]] Result<void> start();
  // "http://127.0.0.1:8080" or "unix:/path"; the real port, after start.
  [[nodiscard]] std::string address() const;
  // Stops accepting and closes idle connections; those with a request go on and close after it.
  void drain();
  // Closes every connection now.
  void close();
  // Returns when no connection is left.
  boost::asio::awaitable<void> drained();

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace signalbox::http
