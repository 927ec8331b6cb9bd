#include "http/generation.h"

#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "http/failure.h"
#include "http/service_tier.h"
#include "http/status_headers.h"

namespace signalbox::http {

namespace asio = boost::asio;

Generation::Generation(Services& services, std::shared_ptr<Exchange> exchange, api::Route route)
    : services_(services), exchange_(std::move(exchange)), route_(route), held_(services) {}

asio::awaitable<void> Generation::serve() {
  std::optional<api::ApiError> error = co_await read_request();
  if (!error) error = resolve_model();
  if (!error) error = choose_service_tier();
  if (!error) error = choose_status_options();
  if (!error) error = admit();
  if (error) {
    co_await fail(std::move(*error));
    co_return;
  }
  // Twice at most: nobody is put back a second time (rule 11 of the scheduler).
  for (;;) {
    const Outcome waited = co_await wait_for_start();
    if (waited == Outcome::over) co_return;
    const Outcome ran = co_await run();
    if (ran == Outcome::over) co_return;
  }
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
  end_is_open_ = true;
  return std::nullopt;
}

namespace {

sched::ServiceClass service_class_of(api::ServiceTier tier) {
  switch (tier) {
    case api::ServiceTier::standard:
      return sched::ServiceClass::standard;
    case api::ServiceTier::priority:
      return sched::ServiceClass::priority;
    case api::ServiceTier::flex:
      return sched::ServiceClass::flex;
  }
  return sched::ServiceClass::standard;
}

std::optional<std::uint32_t> tokens_max_of(const api::GenerationRequest& request) {
  if (!request.max_tokens) return std::nullopt;
  return static_cast<std::uint32_t>(*request.max_tokens);  // at most kTokensMax
}

}  // namespace

std::optional<api::ApiError> Generation::choose_service_tier() {
  const auto chosen = service_tier_of(request_, exchange_->key_rules(), services_.catalog.model(model_));
  if (!chosen) return chosen.error();
  service_tier_ = *chosen;
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
  admitted_at_ = services_.clock.now();
  const auto mode = request_.stream ? sched::AnswerMode::streamed : sched::AnswerMode::whole;
  const control::Admission admission{.model = model_,
                                     .places = request_.sequences,
                                     .mode = mode,
                                     .service_class = service_class_of(service_tier_),
                                     .tokens_max = tokens_max_of(request_)};
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

asio::awaitable<Generation::Outcome> Generation::break_off(Error error, sched::Closing closing) {
  const auto requeued = co_await ticket_->end_run(closing);
  if (requeued) {
    begin_again(*requeued);
    co_return Outcome::go_on;
  }
  if (ticket_->gone()) {
    log::info("client gone", {{"request_id", exchange_->head().request_id},
                              {"model", services_.catalog.name(model_)},
                              {"while", "running"}});
    count_client_left(metrics::Stage::running);
    co_return Outcome::over;
  }
  const auto& aborted = ticket_->aborted();
  const auto deaths = was_replayed_ ? Deaths::two : Deaths::one;
  api::ApiError told =
      aborted ? abort_error(*aborted, request_.model, deaths) : upstream_error(error, request_.model);
  engine_words_ = !aborted && error.code == ErrorCode::io;
  co_await fail(std::move(told));
  co_return Outcome::over;
}

// Everything is as before its start, but for what statuses have told the client.
void Generation::begin_again(const control::Requeued& requeued) {
  log::warning("request replayed", {{"request_id", exchange_->head().request_id},
                                    {"model", services_.catalog.name(model_)},
                                    {"reason", requeued.detail}});
  services_.metrics.request_replayed(model_);
  if (streamed_) streamed_->restart();
  started_at_.reset();
  was_replayed_ = true;
}

void Generation::forget_body() {
  body_ = Body();
  answer_options_.request_body = {};
  held_.release();
}

asio::awaitable<void> Generation::fail(api::ApiError error) {
  const api::ErrorRow& row = api::error_row(error.kind);
  count_failure(error.kind);
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
  const auto stage = started_at_ ? metrics::Stage::running : metrics::Stage::waiting;
  count_client_left(stalled ? metrics::Stage::stalled : stage);
  log::info(stalled ? "client stalled" : "client gone", {{"request_id", exchange_->head().request_id},
                                                         {"model", services_.catalog.name(model_)},
                                                         {"while", "writing"}});
  ticket_->client_gone();
  co_return Outcome::over;
}

}  // namespace signalbox::http
