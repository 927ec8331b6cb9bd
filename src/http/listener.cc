#include "http/listener.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <fmt/format.h>

namespace signalbox::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kListenBacklog = 4096;  // the system clamps it to its own limit
constexpr mode_t kUnixSocketMode = 0600;
constexpr std::size_t kUnixPathMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kUnixPrefix = "unix:";

// The kernel doubles it for its own bookkeeping. Larger buffers take longer to fill when a client has stopped
// reading.
constexpr int kSendBufferBytes = 128 * 1024;
// A quiet connection is probed after this long at most, and then at this interval at most.
constexpr int kKeepAliveIdleSecondsMax = 30;
constexpr int kKeepAliveIntervalSecondsMax = 10;
// So many probes in a row must be lost before a peer counts as gone.
constexpr int kKeepAliveProbes = 4;
// Sent bytes that nobody confirms end the connection this much later than the stall time-out, which says why
// and so comes first; it is also enough for a few lost packets.
constexpr auto kUnconfirmedExtra = std::chrono::seconds(10);

void set_option(int descriptor, int level, int name, int value) {
  // Best effort: without it the connection works, only less well.
  (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

// With TCP_USER_TIMEOUT the kernel does not count probes: it gives a quiet connection up as soon as that much
// time has passed since the last sign of life and any probe is unanswered. So all probes must fit into that
// time, or one lost packet ends a connection whose client only waits. The descriptor's number spreads the
// probes of connections that were opened together: sent at one instant, thousands of them are more than a
// kernel queues.
void keep_alive(int descriptor, Duration unconfirmed) {
  const auto seconds = static_cast<int>(to_ms(unconfirmed) / 1000);
  const int interval = std::clamp(seconds / (2 * kKeepAliveProbes), 1, kKeepAliveIntervalSecondsMax);
  const int idle = std::clamp(seconds - kKeepAliveProbes * interval, 1, kKeepAliveIdleSecondsMax);
  const int spread = descriptor % std::max(idle / 2, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle - spread);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval);
}

// Asio's sockets would be inherited by the engines.
void close_on_exec(int descriptor) {
  (void)::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

std::unexpected<Error> cannot_listen(std::string_view address, std::string_view reason) {
  return fail(ErrorCode::io, fmt::format("cannot listen on {}: {}", address, reason));
}

// Opens, binds and listens on one endpoint.
error_code start_listening(Acceptor& acceptor, const asio::generic::stream_protocol::endpoint& endpoint) {
  error_code code;
  acceptor.open(endpoint.protocol(), code);
  if (code) return code;
  close_on_exec(acceptor.native_handle());
  const bool is_unix = endpoint.protocol().family() == AF_UNIX;
  // The file that bind makes gets the socket's mode: there is no instant at which others could connect.
  if (is_unix && ::fchmod(acceptor.native_handle(), kUnixSocketMode) != 0) {
    return {errno, boost::system::system_category()};
  }
  if (!is_unix) set_option(acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR, 1);
  acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(kListenBacklog, code);
  return code;
}

enum class FileState { free, stale, in_use, no_socket };

// What stands where the unix socket should be.
FileState look_at(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return FileState::free;
  if (!S_ISSOCK(status.st_mode)) return FileState::no_socket;
  asio::io_context nobody_runs_it;
  asio::local::stream_protocol::socket probe(nobody_runs_it);
  error_code code;
  probe.open({}, code);
  probe.non_blocking(true, code);
  probe.connect(asio::local::stream_protocol::endpoint(path), code);
  return code == asio::error::connection_refused ? FileState::stale : FileState::in_use;
}

}  // namespace

Result<ListenAddress> parse_listen(std::string_view text) {
  const auto bad = [&](std::string_view reason) {
    return fail(ErrorCode::invalid, fmt::format("listen address {}: {}", text, reason));
  };
  if (text.starts_with(kUnixPrefix)) {
    const std::string_view path = text.substr(kUnixPrefix.size());
    if (path.empty()) return bad("a path must follow \"unix:\"");
    if (path.size() > kUnixPathMax)
      return bad(fmt::format("a socket's path has at most {} bytes", kUnixPathMax));
    return UnixAddress{.path = std::string(path)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("expected host:port, [v6]:port or unix:/path");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  TcpAddress address;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (failure != std::errc{} || end != digits.data() + digits.size())
    return bad("the port is not a number up to 65535");
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return bad("an IPv6 address stands in brackets, as in [::1]:8080");
  }
  if (host.empty()) return bad("the host is missing; 0.0.0.0 or [::] listens on every address");
  address.host = std::string(host);
  return address;
}

Result<Listener> Listener::open(const asio::any_io_executor& executor, std::string_view listen) {
  const auto address = parse_listen(listen);
  if (!address) return std::unexpected(address.error());
  if (const auto* tcp = std::get_if<TcpAddress>(&*address)) return open_tcp(executor, *tcp);
  return open_unix(executor, std::get<UnixAddress>(*address));
}

Result<Listener> Listener::open_tcp(const asio::any_io_executor& executor, const TcpAddress& address) {
  const std::string shown = fmt::format("{}:{}", address.host, address.port);
  error_code code;
  asio::ip::tcp::resolver resolver(executor);
  const auto flags = asio::ip::tcp::resolver::passive | asio::ip::tcp::resolver::numeric_service;
  const auto found = resolver.resolve(address.host, std::to_string(address.port), flags, code);
  if (code || found.empty()) return cannot_listen(shown, code.message());
  // A name such as localhost may have an address of a family that this machine lacks.
  Listener listener{Acceptor(executor)};
  for (const auto& entry : found) {
    listener.close();
    code = start_listening(listener.acceptor_, entry.endpoint());
    if (!code) break;
  }
  if (code) return cannot_listen(shown, code.message());
  asio::ip::tcp::endpoint local;
  const auto bound = listener.acceptor_.local_endpoint(code);
  if (code || bound.size() > local.capacity()) return cannot_listen(shown, code.message());
  std::memcpy(local.data(), bound.data(), bound.size());
  const bool v6 = local.address().is_v6();
  listener.address_ = fmt::format("http://{}{}{}:{}", v6 ? "[" : "", local.address().to_string(),
                                  v6 ? "]" : "", local.port());
  return listener;
}

Result<Listener> Listener::open_unix(const asio::any_io_executor& executor, const UnixAddress& address) {
  const std::string shown = fmt::format("unix:{}", address.path);
  switch (look_at(address.path)) {
    case FileState::free:
      break;
    case FileState::stale:
      ::unlink(address.path.c_str());
      break;
    case FileState::in_use:
      return cannot_listen(shown, "another server listens there");
    case FileState::no_socket:
      return cannot_listen(shown, "a file that is no socket has that name");
  }
  Listener listener{Acceptor(executor)};
  const error_code code =
      start_listening(listener.acceptor_, asio::local::stream_protocol::endpoint(address.path));
  if (code) return cannot_listen(shown, code.message());
  struct stat status{};
  if (::lstat(address.path.c_str(), &status) == 0) listener.socket_inode_ = status.st_ino;
  listener.socket_file_ = address.path;
  listener.address_ = shown;
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : acceptor_(std::move(other.acceptor_)),
      address_(std::move(other.address_)),
      socket_file_(std::exchange(other.socket_file_, {})),
      socket_inode_(other.socket_inode_) {}

Listener::~Listener() {
  close();
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  const std::string file = std::exchange(socket_file_, {});
  struct stat status{};
  if (file.empty() || ::lstat(file.c_str(), &status) != 0 || status.st_ino != socket_inode_) return;
  ::unlink(file.c_str());
}

void tune_connection(asio::generic::stream_protocol::socket& socket, Duration stall_timeout) {
  const int descriptor = socket.native_handle();
  close_on_exec(descriptor);
  set_option(descriptor, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  error_code code;
  const auto local = socket.local_endpoint(code);
  if (code || local.protocol().family() == AF_UNIX) return;
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  const auto unconfirmed = stall_timeout + kUnconfirmedExtra;
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(to_ms(unconfirmed)));
  keep_alive(descriptor, unconfirmed);
}

}  // namespace signalbox::http
