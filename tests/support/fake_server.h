// The HTTP side of the fake engine: llama-server's routes, its slots, and the misbehaviour it was told. Plain
// Asio with a hand-written HTTP/1.1 that knows only what our engine client sends; not for any other client.
// Owned by fake_engine.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "support/fake_answer.h"
#include "support/fake_options.h"
#include "support/fake_record.h"
#include "support/fake_slots.h"

namespace signalbox::fake {

// One thread: the io_context's.
class Server {
 public:
  Server(boost::asio::io_context& io, const Options& options, const Record& record);

  // From now on /health says 503 `Loading model`.
  [[nodiscard]] Result<void> listen();
  void become_ready() { ready_ = true; }
  // No new connections, and none of the old ones is answered any more but for running streams.
  void close_gate();
  [[nodiscard]] std::uint32_t running() const { return running_; }

 private:
  struct Request {
    std::string method;
    std::string target;
    std::string headers;  // as they came
    std::string body;
    bool authorized = true;
  };
  struct Connection {
    explicit Connection(boost::asio::generic::stream_protocol::socket connected)
        : socket(std::move(connected)), timer(socket.get_executor()) {}
    boost::asio::generic::stream_protocol::socket socket;
    boost::asio::steady_timer timer;
    std::string input;
    bool gone = false;
    bool head_sent = false;
  };
  using Link = std::shared_ptr<Connection>;
  enum class Outcome { finished, abandoned };

  template <class Acceptor>
  boost::asio::awaitable<void> accept(Acceptor& acceptor);
  boost::asio::awaitable<void> serve(Link link);
  boost::asio::awaitable<bool> read_request(Link link, Request& request);
  boost::asio::awaitable<void> route(Link link, Request request);
  boost::asio::awaitable<void> generate(Link link, Route route, Request request);
  boost::asio::awaitable<void> send_half_an_error(Link link);
  boost::asio::awaitable<Outcome> run_tokens(Link link, Ask ask, Answer& answer, std::string echo);
  // What the flags say is to happen once `done` tokens are out. False: the answer is over.
  boost::asio::awaitable<bool> mishap(Link link, std::uint32_t done, bool stream);
  // Not at all for an empty path.
  boost::asio::awaitable<void> wait_for_file(Link link, std::string path);
  boost::asio::awaitable<void> prefill(Link link, Ask ask, Answer& answer);
  boost::asio::awaitable<bool> take_slots(Link link, std::uint32_t wanted, std::string_view body,
                                          std::vector<std::size_t>& taken);
  boost::asio::awaitable<void> move_slot(Link link, Request request);
  void release_slots(const std::vector<std::size_t>& taken, Outcome outcome);

  boost::asio::awaitable<void> respond(Link link, unsigned status, std::string body);
  boost::asio::awaitable<void> send_event(Link link, std::string text);
  boost::asio::awaitable<void> write(Link link, std::string bytes);
  boost::asio::awaitable<void> pause(Link link, Milliseconds duration);
  static void watch(const Link& link);

  [[nodiscard]] std::string props() const;
  [[nodiscard]] std::string models() const;

  boost::asio::io_context& io_;
  const Options& options_;
  const Record& record_;
  boost::asio::local::stream_protocol::acceptor unix_acceptor_;
  boost::asio::ip::tcp::acceptor tcp_acceptor_;
  Slots slots_;
  std::uint32_t running_ = 0;
  std::uint32_t health_failures_left_;
  std::uint64_t next_id_ = 1;
  bool ready_ = false;
  bool closing_ = false;
};

}  // namespace signalbox::fake
