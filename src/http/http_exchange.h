// The Exchange that routes get, over one connection's wire: reads the body, writes the answer, and remembers
// what the connection must know afterwards. The connection makes one for each request and ends it when the
// route returns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/body_decoder.h"
#include "http/exchange.h"
#include "http/head_parser.h"
#include "http/response_head.h"
#include "http/server_context.h"
#include "http/wire.h"

namespace signalbox::http {

// Loop thread only.
//
//   unanswered --respond--> answered
//       |                      ^
//       +--start_stream--> streaming --finish_stream--+
//   A write that fails leads to `broken` from everywhere, `end` to `over`; both only say "closed".
class HttpExchange final : public Exchange {
 public:
  struct Request {
    std::shared_ptr<const MessageHead> message;
    RequestHead head;
    std::vector<Header> cors_headers{};  // for every answer to it
  };
  HttpExchange(std::shared_ptr<const ServerContext> context, std::shared_ptr<Wire> wire, Request request);

  // Before its route runs.
  void set_key_rules(const KeyRules& rules) { key_rules_ = rules; }

  [[nodiscard]] const RequestHead& head() const override { return request_.head; }
  [[nodiscard]] const KeyRules& key_rules() const override { return key_rules_; }
  boost::asio::awaitable<std::expected<Body, api::ApiError>> read_body(BodySink sink) override;
  void watch_client(std::function<void()> gone) override;
  [[nodiscard]] bool client_gone() const override;
  boost::asio::awaitable<Result<void>> respond(Response response) override;
  boost::asio::awaitable<Result<void>> start_stream(std::vector<Header> headers) override;
  boost::asio::awaitable<Result<void>> write(std::string bytes) override;
  boost::asio::awaitable<Result<void>> finish_stream() override;

  // The route has returned: whoever still holds this exchange can do nothing with it.
  struct Outcome {
    unsigned status;       // 0: no answer was begun
    std::uint64_t bytes;   // written to the client, heads included
    bool keep_alive;       // the next request may follow on this connection
    bool unread_body;      // bytes of the request may still come
    std::string_view end;  // a constant for the log: "answered", "client gone", …
  };
  [[nodiscard]] Outcome end();

 private:
  enum class State { unanswered, streaming, answered, broken, over };

  [[nodiscard]] std::expected<void, api::ApiError> take_body_piece(BodyBuffer& body, const BodySink& sink);
  boost::asio::awaitable<std::expected<void, api::ApiError>> await_body(std::shared_ptr<BodyBuffer> body,
                                                                        BodySink sink);
  void settle_unread_body();
  [[nodiscard]] ResponseHead begin_answer(unsigned status, std::vector<Header>& headers);
  boost::asio::awaitable<Result<void>> send(Wire::Parts parts);

  std::shared_ptr<const ServerContext> context_;
  std::shared_ptr<Wire> wire_;
  Request request_;
  KeyRules key_rules_{};
  BodyDecoder decoder_;
  std::uint64_t bytes_before_;
  State state_ = State::unanswered;
  Framing framing_ = Framing::none;
  unsigned status_ = 0;
  bool body_asked_ = false;
  bool head_only_;
  bool keep_alive_ = false;  // promised in the answer's head
  bool stalled_ = false;
};

}  // namespace signalbox::http
