// For the tests of this folder only: a blocking client that says byte for byte what a test wants, and reads
// answers. Nothing here sleeps; every wait has a generous deadline.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "http/ascii.h"

namespace signalbox::http {

// How long a test waits for what must happen; reached only when it fails.
inline constexpr auto kPatience = std::chrono::seconds(30);

// One answer as a client sees it.
struct Answer {
  unsigned status = 0;
  std::string head;  // status line and headers, lines ended by \r\n, no blank line
  std::string body;  // as on the wire; `chunks_of` decodes a chunked one

  [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(std::min(line.size() + 2, rest.size()));
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos || !equal_ignoring_case(line.substr(0, colon), name)) continue;
      return std::string(line.substr(colon + 2));
    }
    return std::nullopt;
  }
};

class Client {
 public:
  enum class Buffers { ordinary, tiny };

  enum class May { only_succeed, fail };

  explicit Client(const std::string& address, Buffers buffers = Buffers::ordinary,
                  May may = May::only_succeed) {
    const bool is_unix = address.starts_with("unix:");
    socket_ = ::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (buffers == Buffers::tiny) {
      const int bytes = 4096;
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    }
    if (is_unix) {
      sockaddr_un target{};
      target.sun_family = AF_UNIX;
      address.copy(target.sun_path, sizeof target.sun_path - 1, 5);
      connect_to(&target, sizeof target, may);
    } else {
      sockaddr_in target{};
      target.sin_family = AF_INET;
      target.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
      target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connect_to(&target, sizeof target, may);
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), unread_(std::move(other.unread_)) {}
  Client& operator=(Client&&) = delete;
  ~Client() { close(); }

  [[nodiscard]] bool connected() const { return connected_; }
  // False if the connection does not take it any more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!ready(POLLOUT)) return false;
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) return false;
      bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    }
    return true;
  }
  // How much of it the connection takes before it would have to wait for a while.
  std::size_t send_what_fits(std::string_view bytes) const {
    std::size_t taken = 0;
    pollfd wanted{.fd = socket_, .events = POLLOUT, .revents = 0};
    while (taken < bytes.size() && ::poll(&wanted, 1, 300) > 0) {
      const ssize_t sent =
          ::send(socket_, bytes.data() + taken, bytes.size() - taken, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) break;
      taken += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    }
    return taken;
  }
  void send_byte_by_byte(std::string_view bytes) {
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (const char c : bytes) send({&c, 1});
  }

  // The next answer; status 0 if the connection ended before it was complete.
  Answer receive(std::string_view method = "GET") {
    Answer answer;
    const auto blank = receive_until("\r\n\r\n");
    if (!blank) return answer;
    answer.head = blank->substr(0, blank->size() - 2);
    const auto status = static_cast<unsigned>(std::stoi(answer.head.substr(9, 3)));
    if (const auto length = answer.header("Content-Length"); length && method != "HEAD") {
      const auto wanted = static_cast<std::size_t>(std::stoull(*length));
      while (unread_.size() < wanted) {
        if (!receive_some()) return answer;
      }
      answer.body = unread_.substr(0, wanted);
      unread_.erase(0, wanted);
    }
    answer.status = status;
    return answer;
  }
  // All up to and with `mark`; nothing if the connection ends before.
  std::optional<std::string> receive_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = unread_.find(mark)) == std::string::npos) {
      if (!receive_some()) return std::nullopt;
    }
    std::string found = unread_.substr(0, at + mark.size());
    unread_.erase(0, found.size());
    return found;
  }
  std::string receive_to_the_end() {
    while (receive_some()) {
    }
    return std::exchange(unread_, {});
  }
  // At most `bytes`, to be a slow reader; empty at the end.
  std::string receive_at_most(std::size_t bytes) {
    if (unread_.empty() && !receive_some(bytes)) return {};
    return std::exchange(unread_, {});
  }
  // Something can be read, or the connection has ended.
  [[nodiscard]] bool readable_within(std::chrono::milliseconds time) const {
    pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
  }
  // A slow reader's pause: looks away from what has come.
  static void pause(std::chrono::milliseconds time) {
    (void)::poll(nullptr, 0, static_cast<int>(time.count()));
  }
  // The server has closed, and there is nothing more to read.
  [[nodiscard]] bool closed_by_server() { return receive_to_the_end().empty() && end_seen_; }
  [[nodiscard]] bool was_reset() const { return reset_seen_; }

  void half_close() const { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  // RST instead of FIN.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

 private:
  template <class Address>
  void connect_to(const Address* address, socklen_t size, May may) {
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(address), size) == 0;
    if (!connected_ && may == May::only_succeed) ADD_FAILURE() << "connect: " << errno;
  }
  bool ready(short events) const {
    pollfd wanted{.fd = socket_, .events = events, .revents = 0};
    const int found = ::poll(&wanted, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count()));
    if (found == 0) ADD_FAILURE() << "nothing happened on the connection for too long";
    return found > 0;
  }
  bool receive_some(std::size_t bytes_max = 65536) {
    if (socket_ < 0 || !ready(POLLIN)) return false;
    std::string piece(bytes_max, '\0');
    const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
    end_seen_ = end_seen_ || got <= 0;
    reset_seen_ = reset_seen_ || got < 0;
    if (got <= 0) return false;
    unread_.append(piece, 0, static_cast<std::size_t>(got));
    return true;
  }

  int socket_ = -1;
  bool connected_ = false;
  std::string unread_;
  bool end_seen_ = false;
  bool reset_seen_ = false;
};

// The data of a chunked body; nothing if it is not complete and well formed.
inline std::optional<std::string> chunks_of(std::string_view wire) {
  std::string data;
  while (true) {
    const std::size_t line_end = wire.find("\r\n");
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::size_t size = std::stoul(std::string(wire.substr(0, line_end)), nullptr, 16);
    wire.remove_prefix(line_end + 2);
    if (wire.size() < size + 2 || wire.substr(size, 2) != "\r\n") return std::nullopt;
    if (size == 0) return wire.size() == 2 ? std::optional(data) : std::nullopt;
    data += wire.substr(0, size);
    wire.remove_prefix(size + 2);
  }
}

inline std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) + "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace signalbox::http
