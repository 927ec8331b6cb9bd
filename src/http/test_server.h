// For the tests of this folder only: a server on a loop thread of its own with a few small routes, and a
// blocking client that says byte for byte what a test wants. Nothing here sleeps; every wait has a generous
// deadline.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "base/time.h"
#include "http/ascii.h"
#include "http/server.h"

namespace signalbox::http {

// How long a test waits for what must happen; reached only when it fails.
inline constexpr auto kPatience = std::chrono::seconds(30);

// What the routes did, in order. Any thread.
class History {
 public:
  void note(std::string what) {
    const std::scoped_lock lock(mutex_);
    notes_.push_back(std::move(what));
    changed_.notify_all();
  }
  // Waits until it was noted `times` times; false after kPatience.
  [[nodiscard]] bool await(std::string_view what, std::ptrdiff_t times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return std::ranges::count(notes_, what) >= times; });
  }
  [[nodiscard]] std::vector<std::string> notes() {
    const std::scoped_lock lock(mutex_);
    return notes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

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
    ::setsockopt(socket_, IPPROTO_TCP, 1 /* TCP_NODELAY */, &yes, sizeof yes);
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

// A door that routes wait at until the test opens it. Loop thread only, but for `open`, which is posted
// there.
class Door {
 public:
  explicit Door(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}
  void open() {
    open_ = true;
    timer_.cancel();
  }
  static boost::asio::awaitable<void> pass(std::shared_ptr<Door> door) {
    while (!door->open_)
      (void)co_await door->timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  boost::asio::steady_timer timer_;
  bool open_ = false;
};

// The server under test. Routes are added before `start`.
class TestServer {
 public:
  TestServer() : work_(loop_.get_executor()), door_(std::make_shared<Door>(loop_.get_executor())) {
    add_ordinary_routes();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    if (!thread_.joinable()) return;
    on_loop([this] {
      door_->open();
      server_->close();
    });
    EXPECT_TRUE(await_drained()) << "a connection did not end after close()";
    on_loop([this] { server_.reset(); });
    work_.reset();
    thread_.join();
  }

  ServerOptions options{.listen = "127.0.0.1:0"};
  History history;

  void route(std::string method, std::string path, Handler handler) {
    router_.add(std::move(method), std::move(path), std::move(handler));
  }
  void start() {
    server_.emplace(loop_.get_executor(), clock_, options, std::move(router_));
    const auto started = server_->start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
    address_ = server_->address();
    thread_ = std::thread([this] { loop_.run(); });
  }
  [[nodiscard]] boost::asio::any_io_executor executor() { return loop_.get_executor(); }
  [[nodiscard]] Client connect(Client::Buffers buffers = Client::Buffers::ordinary) const {
    return Client(address_, buffers);
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] bool can_connect() const {
    return Client(address_, Client::Buffers::ordinary, Client::May::fail).connected();
  }
  // One request on a connection of its own.
  [[nodiscard]] Answer ask(std::string_view request) const {
    Client client(address_);
    client.send(request);
    return client.receive(request.substr(0, request.find(' ')));
  }

  // Runs it on the loop and waits.
  void on_loop(const std::function<void()>& action) {
    std::promise<void> done;
    boost::asio::post(loop_, [&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }
  void open_door() {
    on_loop([this] { door_->open(); });
  }
  void drain() {
    on_loop([this] { server_->drain(); });
  }
  void close() {
    on_loop([this] { server_->close(); });
  }
  [[nodiscard]] bool await_drained() {
    auto done = boost::asio::co_spawn(loop_, server_->drained(), boost::asio::use_future);
    return done.wait_for(kPatience) == std::future_status::ready;
  }
  // Destroys it while connections may be alive.
  void destroy() {
    on_loop([this] { server_.reset(); });
    work_.reset();
    thread_.join();
  }

 private:
  void add_ordinary_routes() {
    route("GET", "/hello", [](std::shared_ptr<Exchange> exchange) { return hello(std::move(exchange)); });
    route("POST", "/echo",
          [this](std::shared_ptr<Exchange> exchange) { return echo(std::move(exchange), &history); });
    route("POST", "/ignore", [](std::shared_ptr<Exchange> exchange) { return hello(std::move(exchange)); });
    route("GET", "/wait",
          [this](std::shared_ptr<Exchange> exchange) { return wait(std::move(exchange), door_, &history); });
    route("POST", "/wait",
          [this](std::shared_ptr<Exchange> exchange) { return wait(std::move(exchange), door_, &history); });
  }

  static boost::asio::awaitable<void> hello(std::shared_ptr<Exchange> exchange) {
    Response response;
    response.content_type = "text/plain";
    response.body = "hello";
    (void)co_await exchange->respond(std::move(response));
  }
  // Answers with what it got; notes each piece's size.
  static boost::asio::awaitable<void> echo(std::shared_ptr<Exchange> exchange, History* history) {
    std::string heard;
    std::size_t largest = 0;
    const BodySink sink = [&](std::string_view bytes) -> std::expected<void, api::ApiError> {
      heard += bytes;
      largest = std::max(largest, bytes.size());
      history->note("piece");
      if (!bytes.contains("forbidden")) return {};
      return std::unexpected(api::ApiError{
          .kind = api::ErrorKind::invalid_request, .message = "No.", .param = {}, .retry_after = {}});
    };
    const auto body = co_await exchange->read_body(sink);
    if (!body) {
      history->note("refused " + std::to_string(api::error_row(body.error().kind).status));
      (void)co_await exchange->respond(error_response(body.error()));
      co_return;
    }
    EXPECT_TRUE(body->bytes == heard);
    EXPECT_LE(largest, 65536U);
    Response response;
    response.content_type = "text/plain";
    response.body = std::string(body->bytes);
    (void)co_await exchange->respond(std::move(response));
  }
  // Like a queued request: watches its client, answers when the door opens.
  static boost::asio::awaitable<void> wait(std::shared_ptr<Exchange> exchange, std::shared_ptr<Door> door,
                                           History* history) {
    (void)co_await exchange->read_body(nullptr);
    exchange->watch_client([history, door] {
      history->note("gone");
      door->open();
    });
    history->note("waiting");
    co_await Door::pass(door);
    history->note(exchange->client_gone() ? "left" : "still there");
    Response response;
    response.body = "done";
    const auto sent = co_await exchange->respond(std::move(response));
    history->note(sent ? "answered" : "answer lost");
  }

  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  SystemClock clock_;
  std::shared_ptr<Door> door_;
  Router router_;
  std::optional<Server> server_;
  std::string address_;
  std::thread thread_;
};

}  // namespace signalbox::http
