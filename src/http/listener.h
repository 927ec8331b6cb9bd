// Opens the socket that the server accepts from: TCP or unix. Knows addresses and socket options, not HTTP.
// The server calls it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "base/result.h"
#include "base/time.h"

namespace signalbox::http {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

struct TcpAddress {
  std::string host;
  std::uint16_t port = 0;
};
struct UnixAddress {
  std::string path;
};
using ListenAddress = std::variant<TcpAddress, UnixAddress>;

// "host:port", "[v6]:port" or "unix:/path".
[[nodiscard]] Result<ListenAddress> parse_listen(std::string_view text);

// Owns the listening socket, and the file of a unix one. Loop thread only.
class Listener {
 public:
  // Binds and listens; may wait for the name service. A unix socket is for its owner only (0600); a file left
  // by a server that is gone is replaced, one where somebody listens is not.
  [[nodiscard]] static Result<Listener> open(const boost::asio::any_io_executor& executor,
                                             std::string_view listen);
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  [[nodiscard]] Acceptor& acceptor() { return acceptor_; }
  // "http://127.0.0.1:8080" with the real port, or "unix:/path".
  [[nodiscard]] const std::string& address() const { return address_; }

  // Stops listening and removes the unix socket's file, if it is still ours. Safe to call twice.
  void close();

 private:
  explicit Listener(Acceptor acceptor) : acceptor_(std::move(acceptor)) {}
  [[nodiscard]] static Result<Listener> open_tcp(const boost::asio::any_io_executor& executor,
                                                 const TcpAddress& address);
  [[nodiscard]] static Result<Listener> open_unix(const boost::asio::any_io_executor& executor,
                                                  const UnixAddress& address);

  Acceptor acceptor_;
  std::string address_;
  std::string socket_file_;
  std::uint64_t socket_inode_ = 0;
};

// Options of an accepted connection: no delay for small writes, a send buffer that cannot hide a stalled
// client for long, and an end for clients that vanish without a word.
void tune_connection(boost::asio::generic::stream_protocol::socket& socket, Duration stall_timeout);

}  // namespace signalbox::http
