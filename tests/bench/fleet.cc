#include "bench/fleet.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "support/eventually.h"

namespace signalbox::bench {

namespace {

constexpr std::string_view kEvent = "data: ";
constexpr int kTimeoutMs = 10;

// A chunk is small and comes in one piece, so that an event is never cut by the buffer's end.
std::uint64_t events_in(std::string_view bytes) {
  std::uint64_t count = 0;
  for (auto at = bytes.find(kEvent); at != std::string_view::npos; at = bytes.find(kEvent, at + 1)) ++count;
  return count;
}

int connect_to(std::uint16_t port) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  target.sin_port = htons(port);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::connect(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0)
    throw std::runtime_error(fmt::format("cannot connect: errno {}", errno));
  return socket;
}

}  // namespace

Fleet::Fleet(const std::string& address, std::size_t size, std::string_view request)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), clients_(size) {
  const auto port = static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str()));
  for (std::size_t i = 0; i < size; ++i) {
    clients_[i].socket = connect_to(port);
    epoll_event interest{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i].socket, &interest);
    const auto sent = ::send(clients_[i].socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) throw std::runtime_error("a request did not go out");
  }
}

Fleet::~Fleet() {
  for (const Client& client : clients_) {
    if (client.socket >= 0) ::close(client.socket);
  }
  ::close(epoll_);
}

std::uint64_t Fleet::read(Client& client) {
  std::array<char, 16'384> buffer{};
  const auto got = ::recv(client.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got > 0) return events_in({buffer.data(), static_cast<std::size_t>(got)});
  if (got == 0 || errno != EAGAIN) {
    ::close(std::exchange(client.socket, -1));
    ++ended_;
  }
  return 0;
}

std::uint64_t Fleet::read_for(Duration duration) {
  const TimePoint deadline = test::now() + duration;
  std::uint64_t events = 0;
  std::array<epoll_event, 256> ready{};
  while (test::now() < deadline) {
    const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), kTimeoutMs);
    for (int i = 0; i < count; ++i) events += read(clients_[ready[static_cast<std::size_t>(i)].data.u64]);
  }
  return events;
}

}  // namespace signalbox::bench
