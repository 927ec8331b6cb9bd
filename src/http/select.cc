#include "http/select.h"

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/assert.h"
#include "base/json_escape.h"
#include "base/log.h"
#include "http/failure.h"
#include "http/query_flag.h"

namespace signalbox::http {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{64} * 1024;
// Longer than any sane load; ends a wait for a model that the rules keep away.
constexpr Duration kWaitMax = std::chrono::hours(1);

using Answer = std::expected<Response, api::ApiError>;

api::ApiError make_error(api::ErrorKind kind, std::string message) {
  api::ApiError error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

BodySink bounded_sink() {
  return [total = std::size_t{0}](std::string_view bytes) mutable -> std::expected<void, api::ApiError> {
    total += bytes.size();
    if (total <= kBodyBytesMax) return {};
    return std::unexpected(make_error(api::ErrorKind::body_too_large,
                                      fmt::format("The body is longer than {} bytes.", kBodyBytesMax)));
  };
}

std::expected<std::string, api::ApiError> parse_model(std::string_view body) {
  boost::system::error_code failure;
  const json::value parsed = json::parse(json::string_view(body.data(), body.size()), failure);
  const json::object* object = failure ? nullptr : parsed.if_object();
  const json::value* model = object == nullptr ? nullptr : object->if_contains("model");
  if (model == nullptr || !model->is_string()) {
    api::ApiError error = make_error(api::ErrorKind::invalid_request,
                                     R"(The body must be a JSON object such as {"model": "name"}.)");
    error.param = "model";
    return std::unexpected(std::move(error));
  }
  const json::string& name = model->as_string();
  return std::string(name.data(), name.size());
}

Response select_response(unsigned status, std::string_view word, const std::string& model) {
  Response response;
  response.status = status;
  response.body = fmt::format(R"({{"status":"{}","model":{}}})", word, json_string(model));
  return response;
}

// The answer to what the model's state is by now; none while it is still on its way.
std::optional<Answer> settled(const Services& services, const sched::Snapshot& snapshot, ModelIndex model) {
  const std::string& name = services.catalog.name(model);
  const sched::ModelSnapshot& mine = snapshot.models[to_index(model)];
  if (services.control.stopping()) {
    return std::unexpected(make_error(api::ErrorKind::shutting_down, "The server is shutting down."));
  }
  if (mine.status == sched::ModelStatus::ready) return select_response(200, "ready", name);
  if (mine.status == sched::ModelStatus::quarantined) {
    const std::string reason = mine.last_error.value_or("unknown");
    return std::unexpected(make_error(api::ErrorKind::model_load_failed,
                                      fmt::format("Model '{}' could not be loaded: {}", name, reason)));
  }
  return std::nullopt;
}

asio::awaitable<std::optional<Answer>> wait_until_settled(Services* services,
                                                          std::shared_ptr<Exchange> exchange,
                                                          ModelIndex model) {
  const std::shared_ptr<control::Subscription> subscription = services->control.subscribe();
  std::weak_ptr<control::Subscription> watched = subscription;
  exchange->watch_client([watched] {
    if (const auto alive = watched.lock()) alive->cancel();
  });
  const TimePoint deadline = services->clock.now() + kWaitMax;
  std::optional<Answer> answer = settled(*services, services->control.snapshot(), model);
  while (!answer) {
    const auto snapshot = co_await subscription->next(deadline);
    if (subscription->cancelled()) co_return std::nullopt;
    if (!snapshot) {
      answer = std::unexpected(make_error(api::ErrorKind::wait_timeout, "The model did not become ready."));
    } else {
      answer = settled(*services, *snapshot, model);
    }
  }
  co_return answer;
}

asio::awaitable<std::optional<Answer>> select(Services* services, std::shared_ptr<Exchange> exchange) {
  const auto wait = query_flag(exchange->head().query, "wait");
  if (!wait) co_return std::unexpected(wait.error());
  const auto body = co_await exchange->read_body(bounded_sink());
  if (!body) co_return std::unexpected(body.error());
  const auto name = parse_model(body->bytes);
  if (!name) co_return std::unexpected(name.error());
  const auto model = services->catalog.find(*name);
  if (!model) co_return std::unexpected(unknown_model_error(*name));
  const sched::SelectOutcome outcome = services->control.select(*model);
  log::info("select", {{"request_id", exchange->head().request_id}, {"model", *name}});
  switch (outcome) {
    case sched::SelectOutcome::already_active:
      co_return select_response(200, "already_active", *name);
    case sched::SelectOutcome::conflict:
      co_return std::unexpected(
          make_error(api::ErrorKind::switch_in_progress,
                     "A switch to another model is under way. Select again when it is done."));
    case sched::SelectOutcome::shutting_down:
      co_return std::unexpected(make_error(api::ErrorKind::shutting_down, "The server is shutting down."));
    case sched::SelectOutcome::initiated:
    case sched::SelectOutcome::in_progress:
      break;
  }
  if (*wait) co_return co_await wait_until_settled(services, exchange, *model);
  co_return select_response(202, outcome == sched::SelectOutcome::initiated ? "initiated" : "in_progress",
                            *name);
}

}  // namespace

asio::awaitable<void> serve_select(Services* services, std::shared_ptr<Exchange> exchange) {
  std::optional<Answer> answer = co_await select(services, exchange);
  if (!answer) co_return;  // the client is gone
  Response response = *answer ? std::move(**answer) : error_response(answer->error());
  const auto sent = co_await exchange->respond(std::move(response));
  static_cast<void>(sent);
}

}  // namespace signalbox::http
