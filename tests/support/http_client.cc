#include "support/http_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace signalbox::test {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

int milliseconds_left(TimePoint deadline) {
  return static_cast<int>(std::clamp<std::int64_t>(to_ms(deadline - now()), 0, 3'600'000));
}

}  // namespace

std::string Reply::header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [&](const auto& header) { return same_name(header.first, name); });
  return found == headers.end() ? "" : found->second;
}

boost::json::value Reply::json() const {
  boost::system::error_code error;
  auto value = boost::json::parse(body, error);
  if (error) throw std::runtime_error(fmt::format("status {}, a body that is no JSON: {}", status, body));
  return value;
}

std::string Reply::error(std::string_view member) const {
  const auto value = json();
  const auto* error = value.is_object() ? value.as_object().if_contains("error") : nullptr;
  if (error == nullptr || !error->is_object()) throw std::runtime_error("no error object in: " + body);
  const auto* found = error->as_object().if_contains(member);
  if (found == nullptr) throw std::runtime_error(fmt::format("no {} in: {}", member, body));
  return found->is_string() ? std::string(found->as_string()) : "";
}

Connection::Connection(const std::string& address) {
  int result = 0;
  if (address.starts_with(kUnixPrefix)) {
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    address.copy(target.sun_path, sizeof target.sun_path - 1, kUnixPrefix.size());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  } else {
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.sin_port =
        htons(static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&target), sizeof target);
  }
  if (result == 0) return;
  const auto reason = errno;
  close();
  throw std::runtime_error(fmt::format("cannot connect to {}: errno {}", address, reason));
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), input_(std::move(other.input_)), ended_(other.ended_) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::exchange(other.socket_, -1);
  input_ = std::move(other.input_);
  ended_ = other.ended_;
  return *this;
}

Connection::~Connection() {
  close();
}

bool Connection::send(std::string_view bytes) {
  const auto deadline = now() + kPatience;
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    pollfd ready{.fd = socket_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, milliseconds_left(deadline)) == 0)
      throw std::runtime_error("nobody reads what is sent");
  }
  return true;
}

void Connection::shutdown_write() {
  ::shutdown(socket_, SHUT_WR);
}

void Connection::close(Close how) {
  if (socket_ < 0) return;
  if (how == Close::reset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(std::exchange(socket_, -1));
}

void Connection::shrink_receive_buffer() {
  const int bytes = 4096;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool Connection::readable(Duration within) const {
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  return !input_.empty() || ended_ || ::poll(&ready, 1, milliseconds_left(now() + within)) > 0;
}

void Connection::fill(TimePoint deadline) {
  if (ended_) return;
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, milliseconds_left(deadline)) <= 0) {
    throw std::runtime_error(fmt::format("nothing more came in time; so far: {}", input_.substr(0, 2000)));
  }
  std::array<char, 65536> buffer{};
  const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    ended_ = true;
    return;
  }
  input_.append(buffer.data(), static_cast<std::size_t>(got));
}

std::string Connection::read(Duration within) {
  if (input_.empty()) fill(now() + within);
  return std::exchange(input_, {});
}

std::optional<char> Connection::read_byte(Duration within) {
  if (input_.empty()) {
    if (!readable(within)) throw std::runtime_error("not one more byte came in time");
    char byte = 0;
    if (!ended_ && ::recv(socket_, &byte, 1, 0) == 1) return byte;
    ended_ = true;
    return std::nullopt;
  }
  const char byte = input_.front();
  input_.erase(0, 1);
  return byte;
}

Reply Connection::read_head(Duration within) {
  const auto deadline = now() + within;
  auto end = input_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (ended_) throw std::runtime_error("the connection ended before a head: " + input_.substr(0, 500));
    fill(deadline);
    end = input_.find("\r\n\r\n");
  }
  const auto head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  if (!head.starts_with("HTTP/1.1 ")) throw std::runtime_error("no HTTP/1.1 answer: " + head);
  Reply reply;
  reply.status = static_cast<unsigned>(std::atoi(head.substr(9, 3).c_str()));
  auto position = head.find("\r\n") + 2;
  while (position < head.size()) {
    const auto line_end = head.find("\r\n", position);
    const auto line = head.substr(position, line_end - position);
    const auto colon = line.find(':');
    const auto value = line.find_first_not_of(' ', colon + 1);
    reply.headers.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
    position = line_end + 2;
  }
  return reply;
}

std::string Connection::read_chunked(TimePoint deadline) {
  std::string body;
  while (true) {
    auto line_end = input_.find("\r\n");
    while (line_end == std::string::npos) {
      if (ended_) throw std::runtime_error("the connection ended inside a chunked body");
      fill(deadline);
      line_end = input_.find("\r\n");
    }
    const auto size = std::strtoull(input_.c_str(), nullptr, 16);
    while (input_.size() < line_end + 2 + size + 2) {
      if (ended_) throw std::runtime_error("the connection ended inside a chunk");
      fill(deadline);
    }
    body += input_.substr(line_end + 2, size);
    input_.erase(0, line_end + 2 + size + 2);
    if (size == 0) return body;
  }
}

Reply Connection::read_reply(Duration within) {
  const auto start = now();
  const auto deadline = start + within;
  auto reply = read_head(within);
  while (reply.status == 100) reply = read_head(deadline - now());
  const auto length = reply.header("Content-Length");
  if (!length.empty()) {
    const auto size = std::strtoull(length.c_str(), nullptr, 10);
    while (input_.size() < size) {
      if (ended_) throw std::runtime_error("the connection ended inside a body");
      fill(deadline);
    }
    reply.body = input_.substr(0, size);
    input_.erase(0, size);
  } else if (reply.header("Transfer-Encoding") == "chunked") {
    reply.body = read_chunked(deadline);
  } else if (reply.status != 204 && reply.status != 304) {
    while (!ended_) fill(deadline);
    reply.body = std::exchange(input_, {});
  }
  reply.elapsed = now() - start;
  return reply;
}

bool Connection::closed_by_peer(Duration within) {
  const auto deadline = now() + within;
  while (!ended_ && now() < deadline) {
    input_.clear();
    if (!readable(deadline - now())) return false;
    fill(deadline);
  }
  return ended_;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         const Headers& headers) {
  auto text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  const bool names_host =
      std::ranges::any_of(headers, [](const auto& header) { return header.first == "Host"; });
  if (!names_host) text += "Host: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!body.empty() || method == "POST") {
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  return text.append("\r\n").append(body);
}

}  // namespace signalbox::test
