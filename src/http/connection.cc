#include "http/connection.h"

#include <exception>
#include <utility>
#include <variant>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "http/ascii.h"
#include "http/head_parser.h"
#include "http/rejection.h"
#include "http/request_id.h"
#include "http/response_head.h"
#include "http/target.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kLoggedPathBytesMax = 256;

// Cut between characters, so that the log line stays valid UTF-8.
std::string_view shortened(std::string_view path) {
  if (path.size() <= kLoggedPathBytesMax) return path;
  std::size_t end = kLoggedPathBytesMax;
  while (end > 0 && (static_cast<unsigned char>(path[end]) & 0xc0U) == 0x80U) --end;
  return path.substr(0, end);
}

}  // namespace

Connection::Connection(Socket socket, std::shared_ptr<ServerContext> context)
    : context_(std::move(context)),
      wire_(std::make_shared<Wire>(std::move(socket), context_->clock,
                                   context_->options.client_stall_timeout)) {}

void Connection::drain() {
  if (phase_ == Phase::idle) wire_->close();
}

void Connection::close() {
  wire_->close();
}

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  bool go_on = true;
  while (go_on) {
    auto head_bytes = co_await self->read_head();
    if (!head_bytes) {
      if (head_bytes.error().fault) co_await self->refuse(*head_bytes.error().fault);
      break;
    }
    self->phase_ = Phase::serving;
    auto request = self->parse(std::move(*head_bytes));
    if (!request) {
      co_await self->refuse(request.error());
      break;
    }
    go_on = co_await self->serve_one(std::move(*request));
    self->first_request_ = false;
    // A buffer full of small pipelined requests is no reason to keep everybody else waiting.
    if (go_on && !self->wire_->input().empty()) {
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
  }
  co_await self->finish();
}

asio::awaitable<std::expected<std::string, Connection::NoRequest>> Connection::read_head() {
  const ServerOptions& options = context_->options;
  HeadScanner scanner(options.header_bytes_max);
  phase_ = Phase::idle;
  if (context_->draining && wire_->input().empty()) co_return std::unexpected(NoRequest{});
  TimePoint deadline =
      context_->clock.now() + (first_request_ ? options.header_timeout : options.keep_alive_timeout);
  while (true) {
    if (!wire_->input().empty()) {
      if (phase_ == Phase::idle) deadline = context_->clock.now() + options.header_timeout;
      phase_ = Phase::reading_head;
      const auto extent = scanner.scan(wire_->input().view());
      if (!extent) co_return std::unexpected(NoRequest{.fault = extent.error()});
      if (*extent) {
        std::string head(wire_->input().view().substr((*extent)->begin, (*extent)->end - (*extent)->begin));
        wire_->input().consume((*extent)->end);
        co_return head;
      }
    }
    const auto input = co_await wire_->read_more(deadline, context_->head_bounds());
    if (input != Wire::Input::bytes) co_return std::unexpected(head_missing(input));
  }
}

Connection::NoRequest Connection::head_missing(Wire::Input input) const {
  const auto too_slow = [](std::string_view reason) {
    return NoRequest{.fault = BadMessage{.kind = api::ErrorKind::request_timeout, .reason = reason}};
  };
  const bool begun = phase_ == Phase::reading_head;
  if (input == Wire::Input::end) {
    return begun ? too_slow("the connection ended before the request's head was complete") : NoRequest{};
  }
  // An idle connection just ends; its client opens another.
  return begun || first_request_ ? too_slow("the request's head took too long") : NoRequest{};
}

std::expected<HttpExchange::Request, BadMessage> Connection::parse(std::string head_bytes) {
  auto message = parse_head(std::move(head_bytes));
  if (!message) return std::unexpected(message.error());
  request_id_ = choose_request_id((*message)->field("X-Request-Id"));
  auto target = parse_target((*message)->target);
  if (!target) return std::unexpected(BadMessage{.reason = target.error()});
  const auto expectation = (*message)->field("Expect");
  if (expectation && !(*message)->http_1_0 && !equal_ignoring_case(*expectation, "100-continue")) {
    return std::unexpected(BadMessage{.kind = api::ErrorKind::expectation_failed,
                                      .reason = "an expectation other than 100-continue"});
  }
  RequestHead head{.method = std::string((*message)->method),
                   .path = std::move(target->path),
                   .query = std::move(target->query),
                   .request_id = std::exchange(request_id_, {}),
                   .header = [message = *message](std::string_view name) { return message->field(name); }};
  auto cors_headers = context_->access.cors_headers(head);
  return HttpExchange::Request{
      .message = std::move(*message), .head = std::move(head), .cors_headers = std::move(cors_headers)};
}

asio::awaitable<bool> Connection::serve_one(HttpExchange::Request request) {
  const TimePoint start = context_->clock.now();
  auto exchange = std::make_shared<HttpExchange>(context_, wire_, std::move(request));
  bool failed = false;
  try {
    co_await run_route(exchange);
  } catch (const std::exception& error) {
    failed = true;
    log::error("route failed", {{"reason", error.what()}, {"request_id", exchange->head().request_id}});
  }
  const auto outcome = exchange->end();
  more_may_come_ = outcome.unread_body;
  log::info("request ended", {{"method", exchange->head().method},
                              {"path", shortened(exchange->head().path)},
                              {"status", outcome.status},
                              {"end", outcome.end},
                              {"duration_ms", to_ms(context_->clock.now() - start)},
                              {"bytes", outcome.bytes},
                              {"request_id", exchange->head().request_id}});
  co_return outcome.keep_alive && !failed;
}

asio::awaitable<void> Connection::run_route(std::shared_ptr<HttpExchange> exchange) {
  const RequestHead& head = exchange->head();
  auto rules = let_in(head);
  if (!rules) {
    (void)co_await exchange->respond(std::move(rules.error()));
    co_return;
  }
  exchange->set_key_rules(*rules);
  const auto match = context_->router.match(head.method, head.path);
  if (const auto* found = std::get_if<Router::Found>(&match)) {
    co_await (*found->handler)(exchange);
    co_return;
  }
  Response response;
  if (const auto* wrong = std::get_if<Router::WrongMethod>(&match)) {
    if (head.method == "OPTIONS") {
      response.status = 204;
    } else {
      response = error_response(
          {.kind = api::ErrorKind::method_not_allowed,
           .message = fmt::format("{} is not allowed here; allowed: {}.", head.method, wrong->allow)});
    }
    response.headers.emplace_back("Allow", wrong->allow);
  } else {
    response = error_response({.kind = api::ErrorKind::not_found,
                               .message = fmt::format("There is no {} here.", shortened(head.path))});
  }
  // Whether the client got it makes no difference here.
  (void)co_await exchange->respond(std::move(response));
}

std::expected<KeyRules, Response> Connection::let_in(const RequestHead& head) const {
  if (auto answer = context_->access.answer_preflight(head)) return std::unexpected(*std::move(answer));
  const auto rules = context_->access.admit(head);
  if (rules) return *rules;
  Response response = error_response(rules.error());
  if (const auto held_back = context_->bad_input_lines.admit(context_->clock.now())) {
    log::warning("access refused", {{"status", response.status},
                                    {"client", wire_->peer()},
                                    {"held_back", *held_back},
                                    {"request_id", head.request_id}});
  }
  return std::unexpected(std::move(response));
}

asio::awaitable<void> Connection::refuse(BadMessage fault) {
  phase_ = Phase::closing;
  more_may_come_ = true;
  if (request_id_.empty()) request_id_ = make_request_id();
  context_->metrics.rejected(rejection_of(fault.kind));
  const bool turned_away = fault.kind == api::ErrorKind::too_many_connections;
  if (!turned_away) context_->metrics.bad_request_came();
  Response response = error_response(
      {.kind = fault.kind, .message = fmt::format("The request was refused: {}.", fault.reason)});
  if (const auto held_back = context_->bad_input_lines.admit(context_->clock.now())) {
    log::warning(turned_away ? "connection turned away" : "bad request", {{"reason", fault.reason},
                                                                          {"status", response.status},
                                                                          {"client", wire_->peer()},
                                                                          {"held_back", *held_back},
                                                                          {"request_id", request_id_}});
  }
  std::erase_if(response.headers, [](const Header& header) { return header.first == "Connection"; });
  const std::string head = serialize_head({.status = response.status,
                                           .content_type = response.content_type,
                                           .content_length = response.body.size(),
                                           .request_id = request_id_,
                                           .persistence = Persistence::close},
                                          response.headers);
  (void)co_await wire_->write({head, response.body, {}});
}

asio::awaitable<void> Connection::turn_away(std::shared_ptr<Connection> self) {
  co_await self->refuse({.kind = api::ErrorKind::too_many_connections,
                         .reason = "this server has as many connections as it accepts"});
  co_await self->finish();
}

asio::awaitable<void> Connection::finish() {
  phase_ = Phase::closing;
  if (more_may_come_ || wire_->has_unread()) co_await wire_->linger();
  wire_->close();
}

}  // namespace signalbox::http
