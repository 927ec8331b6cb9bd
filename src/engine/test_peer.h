// For this folder's tests: the other end of a connection, on a unix socket. It keeps what it is sent and says
// what the test tells it to, byte for byte. Not an engine: tests/support has one.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

namespace signalbox::engine {

class TestPeer {
 public:
  enum class Reading { on, off };

  class Connection : public std::enable_shared_from_this<Connection> {
   public:
    Connection(boost::asio::local::stream_protocol::socket socket) : socket_(std::move(socket)) {}
    [[nodiscard]] const std::string& received() const { return received_; }
    // Both the head and as much body as it announces have come.
    [[nodiscard]] bool complete() const {
      const auto end = received_.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      const auto length = received_.find("Content-Length: ");
      const auto body = length < end ? std::stoul(received_.substr(length + 16)) : 0;
      return received_.size() >= end + 4 + body;
    }
    [[nodiscard]] bool gone() const { return gone_; }
    void send(std::string bytes) {
      const auto kept = std::make_shared<std::string>(std::move(bytes));
      boost::asio::async_write(socket_, boost::asio::buffer(*kept),
                               [kept](boost::system::error_code, std::size_t) {});
    }
    void close() { socket_.close(); }
    void read(std::function<void(Connection&)> on_request) {
      socket_.async_read_some(boost::asio::buffer(buffer_),
                              [self = shared_from_this(), on_request = std::move(on_request)](
                                  boost::system::error_code error, std::size_t got) {
                                if (error) {
                                  self->gone_ = true;
                                  return;
                                }
                                const bool before = self->complete();
                                self->received_.append(self->buffer_.data(), got);
                                if (!before && self->complete() && on_request) on_request(*self);
                                if (self->socket_.is_open()) self->read(on_request);
                              });
    }

   private:
    boost::asio::local::stream_protocol::socket socket_;
    std::array<char, 4096> buffer_{};
    std::string received_;
    bool gone_ = false;
  };

  TestPeer(boost::asio::io_context& loop, const std::string& path, Reading reading = Reading::on)
      : reading_(reading), acceptor_(loop, boost::asio::local::stream_protocol::endpoint(path)) {
    accept();
  }

  // Called for each request that is complete; without it the test answers by hand.
  void answer(std::function<void(Connection&)> on_request) { on_request_ = std::move(on_request); }
  [[nodiscard]] std::size_t count() const { return connections_.size(); }
  [[nodiscard]] Connection& connection(std::size_t index) { return *connections_.at(index); }
  [[nodiscard]] bool has_request(std::size_t index) const {
    return index < connections_.size() && connections_[index]->complete();
  }

 private:
  void accept() {
    acceptor_.async_accept(
        [this](boost::system::error_code error, boost::asio::local::stream_protocol::socket socket) {
          if (error) return;
          connections_.push_back(std::make_shared<Connection>(std::move(socket)));
          if (reading_ == Reading::on) connections_.back()->read(on_request_);
          accept();
        });
  }

  Reading reading_;
  std::function<void(Connection&)> on_request_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

// An answer of known length.
inline std::string json_answer(std::string_view body, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline constexpr auto kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

// One chunk of a chunked body; an empty one ends it.
inline std::string chunk(std::string_view bytes) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return std::string(size.data()) + std::string(bytes) + "\r\n";
}

}  // namespace signalbox::engine
