#include "http/generation.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "api/sse.h"
#include "base/log.h"
#include "http/engine_error.h"
#include "http/failure.h"
#include "http/status_headers.h"

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

}  // namespace

Generation::Generation(Services& services, std::shared_ptr<Exchange> exchange, api::Route route)
    : services_(services), exchange_(std::move(exchange)), route_(route), held_(services) {}

asio::awaitable<void> Generation::serve() {
  std::optional<api::ApiError> error = co_await read_request();
  if (!error) error = resolve_model();
  if (!error) error = choose_status_options();
  if (!error) error = admit();
  if (error) {
    co_await fail(std::move(*error));
    co_return;
  }
  const Outcome outcome = co_await wait_for_start();
  if (outcome == Outcome::go_on) co_await run();
}

asio::awaitable<std::optional<api::ApiError>> Generation::read_request() {
  api::RequestScan scan(route_);
  BodySink sink = [this, &scan](std::string_view bytes) -> std::expected<void, api::ApiError> {
    if (!held_.add(bytes.size())) {
      return std::unexpected(
          api::ApiError{.kind = api::ErrorKind::too_many_bytes,
                        .message = "The requests that wait hold as many bytes as they may.",
                        .param = std::nullopt,
                        .retry_after = std::nullopt});
    }
    return scan.feed(bytes);
  };
  auto body = co_await exchange_->read_body(std::move(sink));
  if (!body) co_return std::move(body.error());
  body_ = std::move(*body);
  auto request = scan.finish(body_.bytes);
  if (!request) co_return std::move(request.error());
  request_ = std::move(*request);
  co_return std::nullopt;
}

std::optional<api::ApiError> Generation::resolve_model() {
  const auto found = services_.catalog.find(request_.model);
  if (!found) return unknown_model_error(request_.model);
  model_ = *found;
  return std::nullopt;
}

std::optional<api::ApiError> Generation::choose_status_options() {
  const ServedModel& model = services_.catalog.model(model_);
  api::AnswerOptions& options = answer_options_;
  options.status_text = model.status_text;
  options.status_chunks = model.status_chunks;
  if (auto applied = apply_status_headers(exchange_->head(), options); !applied)
    return std::move(applied.error());
  options.route = route_;
  options.created = services_.clock.unix_seconds();
  options.model = request_.model;
  options.sequences = request_.sequences;
  options.include_usage = request_.include_usage;
  options.words_disturb = request_.words_disturb;
  options.metadata_field = model.metadata_field;
  return std::nullopt;
}

std::optional<api::ApiError> Generation::admit() {
  const auto mode = request_.stream ? sched::AnswerMode::streamed : sched::AnswerMode::whole;
  const control::Admission admission{.model = model_, .places = request_.sequences, .mode = mode};
  auto admitted = services_.control.admit(admission);
  if (const auto* refused = std::get_if<control::Refused>(&admitted))
    return refusal_error(*refused, request_.model);
  ticket_ = std::move(std::get<std::unique_ptr<control::Ticket>>(admitted));
  std::weak_ptr<control::Ticket> watched = ticket_;
  exchange_->watch_client([watched] {
    if (const auto ticket = watched.lock()) ticket->client_gone();
  });
  answer_options_.id = fmt::format("{}{:x}", services_.id_salt, ticket_->id().value());
  answer_options_.request_body = body_.bytes;
  if (request_.stream) streamed_ = api::make_streamed_answer(answer_options_);
  return std::nullopt;
}

asio::awaitable<Generation::Outcome> Generation::wait_for_start() {
  const bool telling = request_.stream && answer_options_.status_chunks != api::StatusChunks::off;
  for (;;) {
    const TimePoint heartbeat =
        telling ? services_.clock.now() + services_.options.heartbeat_interval : TimePoint::max();
    control::Wakeup wakeup = co_await ticket_->next(heartbeat);
    std::optional<sched::RequestStatus> status;
    if (auto* changed = std::get_if<sched::RequestStatus>(&wakeup)) {
      status = *changed;
    } else if (std::holds_alternative<control::HeartbeatDue>(wakeup)) {
      status = ticket_->status();
    } else if (auto* started = std::get_if<control::Started>(&wakeup)) {
      started_ = *started;
      co_return Outcome::go_on;
    } else if (auto* refused = std::get_if<control::Refused>(&wakeup)) {
      co_await fail(refusal_error(*refused, request_.model));
      co_return Outcome::over;
    } else {
      log::info("client gone", {{"request_id", exchange_->head().request_id},
                                {"model", services_.catalog.name(model_)},
                                {"while", "waiting"}});
      co_return Outcome::over;
    }
    if (!telling || !status) continue;
    const Outcome told = co_await tell(report_of(*status));
    if (told == Outcome::over) co_return Outcome::over;
  }
}

asio::awaitable<Generation::Outcome> Generation::tell(api::StatusReport report) {
  std::string bytes = streamed_->status(report);
  if (bytes.empty()) co_return Outcome::go_on;
  co_return co_await send(std::move(bytes));
}

api::StatusReport Generation::report_of(const sched::RequestStatus& status) const {
  api::StatusReport report;
  switch (status.status) {
    case sched::WaitStatus::queued:
      report.status = api::Status::queued;
      break;
    case sched::WaitStatus::waiting_for_model:
      report.status = api::Status::waiting_for_model;
      break;
    case sched::WaitStatus::loading:
      report.status = api::Status::loading;
      break;
  }
  report.model = request_.model;
  report.position = status.position;
  report.queue_length = status.queue_length;
  if (status.active_model) report.active_model = services_.catalog.name(*status.active_model);
  if (status.blocking_model) report.blocking_model = services_.catalog.name(*status.blocking_model);
  if (status.progress_thousandths) report.progress = *status.progress_thousandths / 1000.0;
  report.waited_ms = to_ms(status.waited);
  return report;
}

asio::awaitable<void> Generation::run() {
  const bool telling = request_.stream && answer_options_.status_chunks != api::StatusChunks::off;
  if (started_.waited && telling) {
    api::StatusReport report;
    report.status = api::Status::processing;
    report.model = request_.model;
    report.waited_ms = to_ms(started_.wait_duration);
    report.switch_ms = to_ms(started_.switch_duration);
    const Outcome told = co_await tell(std::move(report));
    if (told == Outcome::over) co_return;
  }
  const TimePoint deadline = services_.clock.now() + services_.options.engine_timeout;
  auto opened = co_await ticket_->open(upstream_request(), deadline);
  held_.release();
  if (!opened) {
    const sched::Closing closing = closing_for(opened.error());
    co_await break_off(std::move(opened.error()), closing);
    co_return;
  }
  UpstreamStream& upstream = **opened;
  if (upstream.head().status != 200) {
    co_await pass_engine_error(upstream);
  } else if (request_.stream) {
    co_await pass_stream(upstream);
  } else {
    co_await collect_whole(upstream);
  }
}

UpstreamRequest Generation::upstream_request() {
  UpstreamRequest upstream;
  upstream.target = upstream_target(route_);
  upstream.headers.emplace_back("X-Request-Id", exchange_->head().request_id);
  api::SpliceOptions options;
  options.engine_model = services_.catalog.name(model_);
  options.model_names = services_.catalog.all_names();
  options.ask_progress = route_ != api::Route::responses;
  upstream.body = api::splice(request_, std::move(body_.owner), body_.bytes, options);
  body_ = Body();
  return upstream;
}

asio::awaitable<void> Generation::pass_stream(UpstreamStream& upstream) {
  api::SseReader reader;
  api::SseEvent event;
  TimePoint last_event = services_.clock.now();
  auto ended = api::Ended::no;
  while (ended == api::Ended::no) {
    // Pings of the engine are no events: an engine that only pings is silent.
    const auto bytes = co_await upstream.read(last_event + services_.options.engine_timeout);
    if (!bytes || bytes->empty()) {
      Error error = bytes ? Error{.code = ErrorCode::closed, .message = "stream ended early"} : bytes.error();
      const sched::Closing closing = closing_for(error);
      co_await break_off(std::move(error), closing);
      co_return;
    }
    std::string out;
    Result<api::Ended> step = api::Ended::no;
    if (auto fed = reader.feed(*bytes); !fed) step = std::unexpected(std::move(fed.error()));
    while (step && *step == api::Ended::no && reader.next(event)) {
      last_event = services_.clock.now();
      step = streamed_->engine_event(event, out);
    }
    if (!out.empty()) {
      const Outcome sent = co_await send(std::move(out));
      if (sent == Outcome::over) co_return;
    }
    if (!step) {
      co_await break_off(std::move(step.error()), sched::Closing::cut);
      co_return;
    }
    ended = *step;
  }
  const auto finished = co_await exchange_->finish_stream();
  static_cast<void>(
      finished);  // the answer is complete; whether the client took the last byte changes nothing
  co_await end_upstream(upstream);
}

asio::awaitable<void> Generation::collect_whole(UpstreamStream& upstream) {
  const auto answer = api::make_whole_answer(answer_options_);
  api::SseReader reader;
  api::SseEvent event;
  TimePoint last_event = services_.clock.now();
  Result<api::Ended> step = api::Ended::no;
  while (step && *step == api::Ended::no) {
    const auto bytes = co_await upstream.read(last_event + services_.options.engine_timeout);
    if (!bytes || bytes->empty()) {
      Error error = bytes ? Error{.code = ErrorCode::closed, .message = "stream ended early"} : bytes.error();
      const sched::Closing closing = closing_for(error);
      co_await break_off(std::move(error), closing);
      co_return;
    }
    if (auto fed = reader.feed(*bytes); !fed) step = std::unexpected(std::move(fed.error()));
    while (step && *step == api::Ended::no && reader.next(event)) {
      last_event = services_.clock.now();
      step = answer->engine_event(event);
    }
  }
  if (!step) {
    co_await break_off(std::move(step.error()), sched::Closing::cut);
    co_return;
  }
  Response response;
  response.body = answer->body();
  if (started_.waited) {
    response.headers.emplace_back("X-Queue-Wait-Ms", std::to_string(to_ms(started_.wait_duration)));
    response.headers.emplace_back("X-Model-Switch-Ms", std::to_string(to_ms(started_.switch_duration)));
  }
  co_await end_upstream(upstream);
  const auto sent = co_await exchange_->respond(std::move(response));
  static_cast<void>(sent);  // as above
}

asio::awaitable<void> Generation::pass_engine_error(UpstreamStream& upstream) {
  const TimePoint deadline = services_.clock.now() + services_.options.engine_timeout;
  std::string body;
  for (;;) {
    const auto bytes = co_await upstream.read(deadline);
    if (!bytes || bytes->empty()) break;
    if (body.size() + bytes->size() > kEngineErrorBytesMax) break;
    body.append(*bytes);
  }
  ticket_->close(sched::Closing::answered);
  const unsigned status = upstream.head().status;
  log::warning("engine refused a request", {{"request_id", exchange_->head().request_id},
                                            {"model", services_.catalog.name(model_)},
                                            {"status", status}});
  if (status >= 400 && status < 500 && !head_sent_) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    const auto sent = co_await exchange_->respond(std::move(response));
    static_cast<void>(sent);
    co_return;
  }
  engine_words_ = true;
  co_await fail(engine_error(status, body, request_.model));
}

// Reads the rest, so that the engine is not cut off while it closes its answer, then gives the place back.
asio::awaitable<void> Generation::end_upstream(UpstreamStream& upstream) {
  const TimePoint deadline = services_.clock.now() + kUpstreamEndTimeout;
  for (;;) {
    const auto bytes = co_await upstream.read(deadline);
    if (!bytes || bytes->empty()) break;
  }
  ticket_->close(sched::Closing::answered);
}

asio::awaitable<void> Generation::break_off(Error error, sched::Closing closing) {
  if (ticket_->gone()) {
    log::info("client gone", {{"request_id", exchange_->head().request_id},
                              {"model", services_.catalog.name(model_)},
                              {"while", "running"}});
    co_return;
  }
  const auto& aborted = ticket_->aborted();
  api::ApiError told =
      aborted ? abort_error(*aborted, request_.model) : upstream_error(error, request_.model);
  engine_words_ = !aborted && error.code == ErrorCode::io;
  ticket_->close(closing);
  co_await fail(std::move(told));
}

asio::awaitable<void> Generation::fail(api::ApiError error) {
  const api::ErrorRow& row = api::error_row(error.kind);
  log::warning("request failed",
               {{"request_id", exchange_->head().request_id},
                {"model", request_.model},
                {"status", row.status},
                {"code", row.code.empty() ? row.type : row.code},
                {"in_stream", head_sent_},
                {"reason", engine_words_ ? "the engine's answer" : std::string_view(error.message)}});
  if (!head_sent_) {
    const auto sent = co_await exchange_->respond(error_response(error));
    static_cast<void>(sent);
    co_return;
  }
  const Outcome sent = co_await send(streamed_->failure(error));
  if (sent == Outcome::over) co_return;
  const auto finished = co_await exchange_->finish_stream();
  static_cast<void>(finished);
}

asio::awaitable<Generation::Outcome> Generation::send(std::string bytes) {
  Result<void> sent;
  if (!head_sent_) {
    head_sent_ = true;
    sent = co_await exchange_->start_stream({});
  }
  if (sent) sent = co_await exchange_->write(std::move(bytes));
  if (sent) co_return Outcome::go_on;
  const bool stalled = sent.error().code == ErrorCode::timeout;
  log::info(stalled ? "client stalled" : "client gone", {{"request_id", exchange_->head().request_id},
                                                         {"model", services_.catalog.name(model_)},
                                                         {"while", "writing"}});
  ticket_->client_gone();
  co_return Outcome::over;
}

}  // namespace signalbox::http
