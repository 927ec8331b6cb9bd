// For the tests of this folder only: a server on a loop thread of its own with a few small routes. Nothing
// here sleeps; every wait has a generous deadline.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "base/time.h"
#include "http/server.h"
#include "http/test_client.h"

namespace signalbox::http {

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
    server_.emplace(loop_.get_executor(), clock_, metrics_, options, std::move(router_));
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
  metrics::Metrics metrics_{{}};
  std::shared_ptr<Door> door_;
  Router router_;
  std::optional<Server> server_;
  std::string address_;
  std::thread thread_;
};

}  // namespace signalbox::http
