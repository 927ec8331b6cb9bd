// Beast over TCP or a unix socket: a coroutine for each call.
#include "cli/http_call.h"

#include <array>
#include <exception>
#include <list>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

namespace signalbox::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

struct Outcome {
  std::optional<HttpAnswer> answer;
  beast::error_code error;
  bool is_connected = false;
};

http::request<http::string_body> message_of(const HttpRequest& request, const std::string& api_key) {
  constexpr unsigned kHttp11 = 11;
  const bool is_post = request.method == HttpRequest::Method::post;
  http::request<http::string_body> message(is_post ? http::verb::post : http::verb::get, request.target,
                                           kHttp11);
  // The server takes loopback names only, and a host name could be anything.
  message.set(http::field::host, "localhost");
  message.set(http::field::user_agent, "signalbox");
  message.keep_alive(false);
  if (!api_key.empty()) message.set(http::field::authorization, "Bearer " + api_key);
  if (is_post) message.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.json_body;
  message.prepare_payload();
  return message;
}

beast::error_code code_of(const std::exception_ptr& failure) {
  if (!failure) return {};
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code();
  }
}

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

// The rest of an answer whose head has come, piece by piece.
template <class Protocol>
asio::awaitable<void> take_pieces(beast::basic_stream<Protocol>& stream, beast::flat_buffer& buffer,
                                  http::response_parser<http::buffer_body>& parser,
                                  const HttpRequest& request, HttpAnswer* answer) {
  std::array<char, kPieceBytes> piece{};
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = piece.data();
    body.size = piece.size();
    if (request.limit == HttpRequest::Limit::silence) stream.expires_after(request.timeout);
    beast::error_code error;
    co_await http::async_read_some(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error && error != http::error::need_buffer) throw boost::system::system_error(error);
    const std::string_view bytes(piece.data(), piece.size() - body.size);
    constexpr unsigned kOk = 200;
    if (answer->status == kOk) {
      request.on_body(bytes);
    } else if (answer->body.size() + bytes.size() <= kAnswerBytesMax) {
      answer->body += bytes;
    }
  }
}

// The outcome outlives the coroutine, whose frame goes with the loop.
template <class Protocol, class Endpoints>
asio::awaitable<void> exchange(beast::basic_stream<Protocol> stream, Endpoints endpoints, HttpRequest request,
                               std::string api_key, Outcome* outcome) {
  auto message = message_of(request, api_key);
  stream.expires_after(request.timeout);
  co_await stream.async_connect(endpoints, asio::use_awaitable);
  outcome->is_connected = true;
  co_await http::async_write(stream, message, asio::use_awaitable);
  beast::flat_buffer buffer;
  if (request.on_body) {
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    HttpAnswer answer{.status = parser.get().result_int(), .body = {}};
    co_await take_pieces(stream, buffer, parser, request, &answer);
    outcome->answer = std::move(answer);
    co_return;
  }
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerBytesMax);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  outcome->answer = HttpAnswer{.status = parser.get().result_int(), .body = std::move(parser.get().body())};
}

// One call's memory, which its coroutine writes into.
struct Call {
  ServerAddress address;
  Duration timeout{0};
  Outcome outcome{};

  [[nodiscard]] Result<HttpAnswer> answer() const;
};

Result<HttpAnswer> Call::answer() const {
  if (outcome.answer) return *outcome.answer;
  const std::string server = to_string(address);
  if (!outcome.is_connected) {
    return fail(ErrorCode::not_found, fmt::format("no server at {}: {}", server, outcome.error.message()));
  }
  if (outcome.error == beast::error::timeout) {
    return fail(ErrorCode::timeout,
                fmt::format("the server at {} did not answer within {} ms", server, to_ms(timeout)));
  }
  return fail(ErrorCode::io, fmt::format("the server at {} broke off: {}", server, outcome.error.message()));
}

template <class Protocol, class Endpoints, class OnOver>
void spawn(asio::io_context& loop, Endpoints endpoints, const HttpRequest& request, Call& call,
           OnOver on_over) {
  asio::co_spawn(loop,
                 exchange<Protocol, Endpoints>(beast::basic_stream<Protocol>(loop), std::move(endpoints),
                                               request, call.address.api_key, &call.outcome),
                 [&call, on_over = std::move(on_over)](const std::exception_ptr& failure) {
                   call.outcome.error = code_of(failure);
                   on_over();
                 });
}

// `call` outlives what runs on the loop. `on_over` is called on the loop, also if there is no such host.
template <class OnOver>
void begin(asio::io_context& loop, const HttpRequest& request, Call& call, OnOver on_over) {
  const auto& address = call.address;
  if (!address.socket_path.empty()) {
    return spawn<Local>(loop, Local::endpoint(address.socket_path), request, call, std::move(on_over));
  }
  Tcp::resolver resolver(loop);
  const auto endpoints = resolver.resolve(address.host, std::to_string(address.port), call.outcome.error);
  if (call.outcome.error) return asio::post(loop, std::move(on_over));
  spawn<Tcp>(loop, endpoints, request, call, std::move(on_over));
}

}  // namespace

class HttpCall::Core {
 public:
  Core(const ServerAddress& address, const HttpRequest& request)
      : call_{.address = address, .timeout = request.timeout} {
    begin(loop_, request, call_, [] {});
  }

  Progress run_for(Duration time) {
    loop_.run_for(time);
    return loop_.stopped() ? Progress::over : Progress::under_way;
  }
  [[nodiscard]] Result<HttpAnswer> answer() const { return call_.answer(); }

 private:
  Call call_;
  asio::io_context loop_{1};
};

HttpCall::HttpCall(const ServerAddress& address, const HttpRequest& request)
    : core_(std::make_unique<Core>(address, request)) {}
HttpCall::~HttpCall() = default;

HttpCall::Progress HttpCall::run_for(Duration time) {
  return core_->run_for(time);
}
Result<HttpAnswer> HttpCall::answer() const {
  return core_->answer();
}

Result<HttpAnswer> http_call(const ServerAddress& address, const HttpRequest& request) {
  HttpCall call(address, request);
  // The request's own deadline ends it; this is for the loop's last steps.
  while (call.run_for(request.timeout) == HttpCall::Progress::under_way) {
  }
  return call.answer();
}

class HttpCalls::Core {
 public:
  void start(const ServerAddress& address, const HttpRequest& request, OnOver on_over) {
    const auto call = calls_.insert(calls_.end(), Call{.address = address, .timeout = request.timeout});
    begin(loop_, request, *call, [this, call, on_over = std::move(on_over)] {
      on_over(call->answer());
      calls_.erase(call);
    });
  }
  [[nodiscard]] std::size_t under_way() const { return calls_.size(); }
  void run_for(Duration time) {
    loop_.restart();
    loop_.run_for(time);
  }

 private:
  std::list<Call> calls_;  // outlives the loop, and what runs on it
  asio::io_context loop_{1};
};

HttpCalls::HttpCalls() : core_(std::make_unique<Core>()) {}
HttpCalls::~HttpCalls() = default;

void HttpCalls::start(const ServerAddress& address, const HttpRequest& request, OnOver on_over) {
  core_->start(address, request, std::move(on_over));
}
std::size_t HttpCalls::under_way() const {
  return core_->under_way();
}
void HttpCalls::run_for(Duration time) {
  core_->run_for(time);
}

}  // namespace signalbox::cli
