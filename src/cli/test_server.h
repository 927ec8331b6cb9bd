// A server for the commands' tests, in a process of its own: takes connections on a port or a unix socket,
// reports each request, and gives the answer that the test told it. Plain sockets, so that no test of the
// client trusts the client's library. Tests only.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace signalbox::cli {

class TestServer {
 public:
  // The whole request in, and how many came so far with it; the whole HTTP answer out. An empty one leaves
  // the client waiting: the function is asked again whenever another request has come. Runs in the server's
  // process, so what it changes is not seen here.
  using Answer = std::function<std::string(const std::string& request, std::size_t requests_seen)>;

  explicit TestServer(const Answer& answer);                         // 127.0.0.1, any free port
  TestServer(const Answer& answer, const std::string& socket_path);  // a unix socket
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::string address() const { return address_; }
  // Those that were answered or left waiting since the last call.
  [[nodiscard]] std::vector<std::string> take_requests() const;

 private:
  void start(const Answer& answer, int listener);

  std::string address_;
  int reports_ = -1;
  pid_t process_ = -1;
};

[[nodiscard]] std::string answer_of(unsigned status, const std::string& json_body);

}  // namespace signalbox::cli
