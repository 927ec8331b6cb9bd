// The part of a request's life at the engine: the request goes out, its answer is passed on or collected.
#include <algorithm>
#include <string_view>
#include <utility>

#include "api/sse.h"
#include "base/log.h"
#include "http/engine_error.h"
#include "http/failure.h"
#include "http/generation.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

std::string_view upstream_target(api::Route route) {
  switch (route) {
    case api::Route::chat:
      return "/v1/chat/completions";
    case api::Route::completions:
      return "/v1/completions";
    case api::Route::responses:
      return "/v1/responses";
  }
  return "";
}

sched::Closing closing_for(const Error& error) {
  if (error.code == ErrorCode::timeout) return sched::Closing::engine_silent;
  if (error.code == ErrorCode::closed || error.code == ErrorCode::not_found)
    return sched::Closing::engine_broke;
  return sched::Closing::cut;
}

Error run_is_over() {
  return {.code = ErrorCode::cancelled, .message = "The request has ended."};
}

}  // namespace

asio::awaitable<Generation::Outcome> Generation::run() {
  const bool telling = request_.stream && answer_options_.status_chunks != api::StatusChunks::off;
  if (started_.waited && telling) {
    api::StatusReport report;
    report.status = api::Status::processing;
    report.model = request_.model;
    report.waited_ms = to_ms(started_.wait_duration);
    report.switch_ms = to_ms(started_.switch_duration);
    const Outcome told = co_await tell(std::move(report));
    if (told == Outcome::over) co_return Outcome::over;
  }
  const TimePoint deadline = services_.clock.now() + services_.options.engine_timeout;
  auto opened = co_await ticket_->open(upstream_request(), deadline);
  if (!ticket_->may_run_again()) forget_body();
  if (!opened) {
    const sched::Closing closing = closing_for(opened.error());
    co_return co_await break_off(std::move(opened.error()), closing);
  }
  UpstreamStream& upstream = **opened;
  if (upstream.head().status == 200) {
    if (request_.stream) co_return co_await pass_stream(upstream);
    co_return co_await collect_whole(upstream);
  }
  co_return co_await pass_engine_error(upstream);
}

Prompt Generation::prompt() const {
  const auto& layout = request_.layout;
  const auto text_of = [this](const std::optional<api::Span>& span) {
    return span ? body_.bytes.substr(span->begin, span->end - span->begin) : std::string_view();
  };
  return Prompt{.owner = body_.owner,
                .tools = text_of(layout.tools),
                .lora = text_of(layout.lora),
                .text = text_of(layout.text),
                .fills_one_slot = request_.sequences == 1 && !layout.chooses_slot};
}

UpstreamRequest Generation::upstream_request() {
  UpstreamRequest upstream;
  upstream.prompt = prompt();
  upstream.target = upstream_target(route_);
  upstream.headers.emplace_back("X-Request-Id", exchange_->head().request_id);
  api::SpliceOptions options;
  options.engine_model = services_.catalog.name(model_);
  options.model_names = services_.catalog.all_names();
  options.ask_progress = route_ != api::Route::responses && services_.catalog.model(model_).tells_progress;
  upstream.body = api::splice(request_, body_.owner, body_.bytes, options);
  return upstream;
}

asio::awaitable<Generation::Step> Generation::read_events(UpstreamStream& upstream, Reading& reading,
                                                          const EventHandler& handle) {
  // Pings of the engine are no events: an engine that only pings is silent.
  const auto bytes = co_await upstream.read(reading.last_event + services_.options.engine_timeout);
  if (!bytes || bytes->empty()) {
    Error error = bytes ? Error{.code = ErrorCode::closed, .message = "stream ended early"} : bytes.error();
    const sched::Closing closing = closing_for(error);
    co_return std::unexpected(Breakage{.error = std::move(error), .closing = closing});
  }
  Result<api::Ended> step = api::Ended::no;
  if (auto fed = reading.reader.feed(*bytes); !fed) step = std::unexpected(std::move(fed.error()));
  while (step && *step == api::Ended::no && reading.reader.next(reading.event)) {
    reading.last_event = services_.clock.now();
    step = handle(reading.event);
  }
  if (step) co_return *step;
  co_return std::unexpected(Breakage{.error = std::move(step.error()), .closing = sched::Closing::cut});
}

asio::awaitable<Generation::Outcome> Generation::pass_stream(UpstreamStream& upstream) {
  Reading reading{.last_event = services_.clock.now()};
  std::string out;
  const EventHandler handle = [this, &out](const api::SseEvent& event) {
    return streamed_->engine_event(event, out);
  };
  auto ended = api::Ended::no;
  while (ended == api::Ended::no) {
    Step step = co_await read_events(upstream, reading, handle);
    // What came before a breakage is part of the answer.
    if (!out.empty()) {
      if (!ticket_->begin_answer()) co_return co_await break_off(run_is_over(), sched::Closing::cut);
      forget_body();
      count_part();
      const Outcome sent = co_await send(std::exchange(out, {}));
      if (sent == Outcome::over) co_return Outcome::over;
    }
    if (!step) co_return co_await break_off(std::move(step.error().error), step.error().closing);
    ended = *step;
  }
  count_answer(streamed_->generated_tokens());
  const auto finished = co_await exchange_->finish_stream();
  static_cast<void>(
      finished);  // the answer is complete; whether the client took the last byte changes nothing
  co_await end_upstream(upstream, streamed_->generated_tokens());
  co_return Outcome::over;
}

asio::awaitable<Generation::Outcome> Generation::collect_whole(UpstreamStream& upstream) {
  const auto answer = api::make_whole_answer(answer_options_);
  Reading reading{.last_event = services_.clock.now()};
  const EventHandler handle = [&answer](const api::SseEvent& event) { return answer->engine_event(event); };
  auto ended = api::Ended::no;
  while (ended == api::Ended::no) {
    Step step = co_await read_events(upstream, reading, handle);
    if (!step) co_return co_await break_off(std::move(step.error().error), step.error().closing);
    ended = *step;
  }
  // It is here: what becomes of the engine now changes nothing.
  static_cast<void>(ticket_->begin_answer());
  forget_body();
  count_answer(answer->generated_tokens());
  Response response;
  response.body = answer->body();
  if (started_.waited) {
    response.headers.emplace_back("X-Queue-Wait-Ms", std::to_string(to_ms(started_.wait_duration)));
    response.headers.emplace_back("X-Model-Switch-Ms", std::to_string(to_ms(started_.switch_duration)));
  }
  co_await end_upstream(upstream, answer->generated_tokens());
  const auto sent = co_await exchange_->respond(std::move(response));
  static_cast<void>(sent);  // as above
  co_return Outcome::over;
}

asio::awaitable<Generation::Outcome> Generation::pass_engine_error(UpstreamStream& upstream) {
  const TimePoint deadline = services_.clock.now() + services_.options.engine_timeout;
  std::string body;
  for (;;) {
    const auto bytes = co_await upstream.read(deadline);
    if (!bytes) {
      // Half an error is no answer: the engine died of it, or hangs.
      const sched::Closing closing = closing_for(bytes.error());
      co_return co_await break_off(bytes.error(), closing);
    }
    if (bytes->empty()) break;
    if (body.size() + bytes->size() > kEngineErrorBytesMax) break;
    body.append(*bytes);
  }
  ticket_->close(sched::Closing::answered);
  const unsigned status = upstream.head().status;
  log::warning("engine refused a request", {{"request_id", exchange_->head().request_id},
                                            {"model", services_.catalog.name(model_)},
                                            {"status", status}});
  if (status >= 400 && status < 500 && !head_sent_) {
    services_.metrics.rejected(metrics::Rejection::engine_refused);
    count_end(metrics::Outcome::refused);
    Response response;
    response.status = status;
    response.body = std::move(body);
    const auto sent = co_await exchange_->respond(std::move(response));
    static_cast<void>(sent);
    co_return Outcome::over;
  }
  engine_words_ = true;
  co_await fail(engine_error(status, body, request_.model));
  co_return Outcome::over;
}

// Reads the rest, so that the engine is not cut off while it closes its answer, then gives the place back.
asio::awaitable<void> Generation::end_upstream(UpstreamStream& upstream, std::uint64_t tokens) {
  const TimePoint deadline = services_.clock.now() + kUpstreamEndTimeout;
  for (;;) {
    const auto bytes = co_await upstream.read(deadline);
    if (!bytes || bytes->empty()) break;
  }
  const auto tokens_max = static_cast<std::uint64_t>(api::GenerationRequest::kTokensMax);
  ticket_->close(sched::Closing::answered, static_cast<std::uint32_t>(std::min(tokens, tokens_max)));
}

}  // namespace signalbox::http
