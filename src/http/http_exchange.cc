#include "http/http_exchange.h"

#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "http/ascii.h"
#include "http/rejection.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr Wire::ReadBounds kBodyBounds = {.total = kBodyPieceBytes, .piece = kBodyPieceBytes};

std::unexpected<Error> closed() {
  return fail(ErrorCode::closed, "the client's connection is closed");
}

std::unexpected<api::ApiError> refuse(const BadMessage& fault) {
  return std::unexpected(api::ApiError{.kind = fault.kind,
                                       .message = fmt::format("The request was refused: {}.", fault.reason)});
}

std::unexpected<api::ApiError> too_slow(std::string message) {
  return std::unexpected(
      api::ApiError{.kind = api::ErrorKind::request_timeout, .message = std::move(message)});
}

}  // namespace

HttpExchange::HttpExchange(std::shared_ptr<const ServerContext> context, std::shared_ptr<Wire> wire,
                           Request request)
    : context_(std::move(context)),
      wire_(std::move(wire)),
      request_(std::move(request)),
      decoder_(*request_.message, context_->options.body_bytes_max),
      bytes_before_(wire_->bytes_written()),
      head_only_(request_.message->method == "HEAD") {}

asio::awaitable<std::expected<Body, api::ApiError>> HttpExchange::read_body(BodySink sink) {
  SB_ASSERT(!body_asked_);
  body_asked_ = true;
  if (decoder_.done()) co_return Body{};
  const std::uint64_t length = request_.message->content_length;
  if (length > context_->options.body_bytes_max) {
    co_return std::unexpected(
        api::ApiError{.kind = api::ErrorKind::body_too_large,
                      .message = fmt::format("The request's body has {} bytes; this server accepts {}.",
                                             length, context_->options.body_bytes_max)});
  }
  // HTTP/1.0 knows no interim answers; a client that did not wait needs none.
  const bool expects_continue = !request_.message->http_1_0 && request_.message->field("Expect").has_value();
  if (expects_continue && wire_->input().empty()) {
    const auto sent = co_await wire_->write({kContinue, {}, {}});
    if (!sent) co_return too_slow("The connection was lost before the request's body came.");
  }
  auto body = std::make_shared<BodyBuffer>();
  body->reserve(static_cast<std::size_t>(length));
  auto outcome = co_await await_body(body, std::move(sink));
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  const std::string_view bytes = body->view();
  co_return Body{.owner = std::move(body), .bytes = bytes};
}

asio::awaitable<std::expected<void, api::ApiError>> HttpExchange::await_body(std::shared_ptr<BodyBuffer> body,
                                                                             BodySink sink) {
  const Duration patience = context_->options.body_timeout;
  while (true) {
    if (auto taken = take_body_piece(*body, sink); !taken) co_return taken;
    if (decoder_.done()) co_return std::expected<void, api::ApiError>{};
    switch (co_await wire_->read_more(context_->clock.now() + patience, kBodyBounds)) {
      case Wire::Input::bytes:
        break;
      case Wire::Input::end:
        co_return too_slow("The connection was closed before the request's body was complete.");
      case Wire::Input::timed_out:
        co_return too_slow(fmt::format("No byte of the request's body came for {} ms.", to_ms(patience)));
    }
  }
}

std::expected<void, api::ApiError> HttpExchange::take_body_piece(BodyBuffer& body, const BodySink& sink) {
  if (wire_->input().empty()) return {};
  const std::size_t before = body.size();
  const auto used = decoder_.decode(wire_->input().view(), body);
  if (!used) return refuse(used.error());
  wire_->input().consume(*used);
  if (body.size() == before || !sink) return {};
  return sink(body.view().substr(before));
}

void HttpExchange::watch_client(std::function<void()> gone) {
  if (state_ == State::over) return;
  wire_->watch(context_->head_bounds(), std::move(gone));
}

bool HttpExchange::client_gone() const {
  return state_ == State::over || wire_->ended();
}

// A body that the route did not want but that has come already is read over; else the connection cannot go
// on, because whoever sent `Expect` may never send it, and others could send it for ever.
void HttpExchange::settle_unread_body() {
  if (decoder_.done() || body_asked_ || wire_->input().empty()) return;
  BodyBuffer unwanted;
  if (const auto used = decoder_.decode(wire_->input().view(), unwanted)) wire_->input().consume(*used);
}

ResponseHead HttpExchange::begin_answer(unsigned status, std::vector<Header>& headers) {
  settle_unread_body();
  const bool asked_to_close = find_header(headers, "Connection").has_value();
  std::erase_if(headers,
                [](const Header& header) { return equal_ignoring_case(header.first, "Connection"); });
  headers.insert(headers.end(), request_.cors_headers.begin(), request_.cors_headers.end());
  status_ = status;
  keep_alive_ = request_.message->keep_alive && decoder_.done() && !asked_to_close && !context_->draining &&
                framing_ != Framing::until_close;
  const auto alive = request_.message->http_1_0 ? Persistence::keep_alive_http_1_0 : Persistence::keep_alive;
  return {.status = status,
          .framing = framing_,
          .request_id = request_.head.request_id,
          .persistence = keep_alive_ ? alive : Persistence::close};
}

asio::awaitable<Result<void>> HttpExchange::respond(Response response) {
  if (state_ == State::broken || state_ == State::over) co_return closed();
  SB_ASSERT(state_ == State::unanswered);
  state_ = State::answered;
  if (response.error) context_->metrics.rejected(rejection_of(*response.error));
  framing_ = response.status == 204 ? Framing::none : Framing::length;
  auto head = begin_answer(response.status, response.headers);
  head.content_length = response.body.size();
  if (framing_ != Framing::none) head.content_type = response.content_type;
  const bool with_body = framing_ != Framing::none && !head_only_;
  const std::string head_bytes = serialize_head(head, response.headers);
  co_return co_await send({head_bytes, with_body ? std::string_view(response.body) : std::string_view(), {}});
}

asio::awaitable<Result<void>> HttpExchange::start_stream(std::vector<Header> headers) {
  if (state_ == State::broken || state_ == State::over) co_return closed();
  SB_ASSERT(state_ == State::unanswered);
  state_ = State::streaming;
  framing_ = request_.message->http_1_0 ? Framing::until_close : Framing::chunked;
  auto head = begin_answer(200, headers);
  head.content_type = "text/event-stream";
  headers.emplace_back("Cache-Control", "no-cache");
  headers.emplace_back("X-Accel-Buffering", "no");
  const std::string head_bytes = serialize_head(head, headers);
  co_return co_await send({head_bytes, {}, {}});
}

asio::awaitable<Result<void>> HttpExchange::write(std::string bytes) {
  if (state_ == State::broken || state_ == State::over) co_return closed();
  SB_ASSERT(state_ == State::streaming);
  // To a HEAD nothing more can be said, and the route should not go on for ever.
  if (head_only_) co_return fail(ErrorCode::closed, "HEAD asks for no body");
  // An empty chunk would end the body.
  if (bytes.empty()) co_return Result<void>{};
  if (framing_ == Framing::until_close) co_return co_await send({bytes, {}, {}});
  const std::string size_line = fmt::format("{:x}\r\n", bytes.size());
  co_return co_await send({size_line, bytes, "\r\n"});
}

asio::awaitable<Result<void>> HttpExchange::finish_stream() {
  if (state_ == State::broken || state_ == State::over) co_return closed();
  SB_ASSERT(state_ == State::streaming);
  state_ = State::answered;
  if (head_only_ || framing_ == Framing::until_close) co_return Result<void>{};
  co_return co_await send({kLastChunk, {}, {}});
}

asio::awaitable<Result<void>> HttpExchange::send(Wire::Parts parts) {
  auto sent = co_await wire_->write(parts);
  if (!sent) {
    state_ = State::broken;
    stalled_ = sent.error().code == ErrorCode::timeout;
  }
  co_return sent;
}

HttpExchange::Outcome HttpExchange::end() {
  const State ended_as = std::exchange(state_, State::over);
  wire_->unwatch();
  std::string_view end = "answered";
  if (stalled_) {
    end = "client stalled";
  } else if (ended_as != State::answered) {
    end = wire_->ended() ? "client gone" : "answer not finished";
  }
  // A HEAD's stream may be left as it is: it has no body that could be cut.
  const bool complete = ended_as == State::answered || (ended_as == State::streaming && head_only_);
  return {.status = status_,
          .bytes = wire_->bytes_written() - bytes_before_,
          .keep_alive = complete && keep_alive_,
          .unread_body = !decoder_.done(),
          .end = complete ? "answered" : end};
}

}  // namespace signalbox::http
