// The loop of the test server: one process, one poll.
#include "cli/test_server.h"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/assert.h"

namespace signalbox::cli {
namespace {

// Ends each report; no request of ours holds it.
constexpr char kReportEnd = '\0';

// Head, and as much body as Content-Length says.
bool is_whole(const std::string& request) {
  const auto end = request.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string name = "Content-Length: ";
  const auto length = request.find(name);
  if (length == std::string::npos) return true;
  return request.size() - end - 4 >= std::strtoul(request.c_str() + length + name.size(), nullptr, 10);
}

struct Connection {
  int descriptor = -1;
  std::string request;
};

// The server's process.
class Loop {
 public:
  Loop(const TestServer::Answer& answer, int listener, int reports)
      : answer_(answer), listener_(listener), reports_(reports) {}

  [[noreturn]] void run() {
    while (true) {
      std::vector<pollfd> polled = {{.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const auto& connection : connections_) {
        polled.push_back({.fd = connection.descriptor, .events = POLLIN, .revents = 0});
      }
      if (poll(polled.data(), polled.size(), -1) < 0) _exit(1);
      for (std::size_t i = polled.size() - 1; i > 0; --i) {
        if (polled[i].revents != 0) receive(i - 1);
      }
      if (polled[0].revents != 0)
        connections_.push_back({.descriptor = accept(listener_, nullptr, nullptr), .request = {}});
    }
  }

 private:
  void receive(std::size_t at) {
    std::array<char, 4096> piece{};
    const auto count = recv(connections_[at].descriptor, piece.data(), piece.size(), 0);
    if (count <= 0) {
      close(connections_[at].descriptor);
      connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    std::string& request = connections_[at].request;
    request.append(piece.data(), static_cast<std::size_t>(count));
    if (!is_whole(request)) return;
    ++requests_seen_;
    const std::string report = request + kReportEnd;
    if (write(reports_, report.data(), report.size()) < 0) _exit(1);
    for (const auto& connection : connections_) answer(connection);
  }

  void answer(const Connection& connection) {
    if (!is_whole(connection.request)) return;
    const std::string answer = answer_(connection.request, requests_seen_);
    if (answer.empty()) return;
    // A client may go in the midst of a large one.
    static_cast<void>(send(connection.descriptor, answer.data(), answer.size(), MSG_NOSIGNAL));
    shutdown(connection.descriptor, SHUT_WR);
  }

  const TestServer::Answer& answer_;
  int listener_;
  int reports_;
  std::vector<Connection> connections_;
  std::size_t requests_seen_ = 0;
};

void listen_on(int listener, const void* address, socklen_t length) {
  SB_ASSERT(bind(listener, static_cast<const sockaddr*>(address), length) == 0);
  SB_ASSERT(listen(listener, 16) == 0);
}

}  // namespace

TestServer::TestServer(const Answer& answer) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listen_on(listener, &address, sizeof(address));
  socklen_t length = sizeof(address);
  void* const place = &address;
  SB_ASSERT(getsockname(listener, static_cast<sockaddr*>(place), &length) == 0);
  address_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  start(answer, listener);
}

TestServer::TestServer(const Answer& answer, const std::string& socket_path) {
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  SB_ASSERT(socket_path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  listen_on(listener, &address, sizeof(address));
  address_ = "unix:" + socket_path;
  start(answer, listener);
}

TestServer::~TestServer() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  close(reports_);
}

std::vector<std::string> TestServer::take_requests() const {
  std::string reports;
  std::array<char, 4096> piece{};
  for (ssize_t count = 1; count > 0;) {
    count = read(reports_, piece.data(), piece.size());
    if (count > 0) reports.append(piece.data(), static_cast<std::size_t>(count));
  }
  std::vector<std::string> requests;
  for (auto end = reports.find(kReportEnd); end != std::string::npos; end = reports.find(kReportEnd)) {
    requests.push_back(reports.substr(0, end));
    reports.erase(0, end + 1);
  }
  return requests;
}

void TestServer::start(const Answer& answer, int listener) {
  std::array<int, 2> pipe{};
  SB_ASSERT(pipe2(pipe.data(), O_CLOEXEC) == 0);
  SB_ASSERT(fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0);
  process_ = fork();
  SB_ASSERT(process_ >= 0);
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Loop(answer, listener, pipe[1]).run();
  }
  close(listener);
  close(pipe[1]);
  reports_ = pipe[0];
}

std::string answer_of(unsigned status, const std::string& json_body) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                     status, json_body.size(), json_body);
}

}  // namespace signalbox::cli
