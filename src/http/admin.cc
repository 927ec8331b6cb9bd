#include "http/admin.h"

#include <string>
#include <string_view>
#include <utility>

#include "http/failure.h"
#include "http/status_json.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kModelPrefix = "/v1/models/";

Response json_response(std::string body) {
  Response response;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// Whether the client took the answer changes nothing for these routes.
asio::awaitable<void> respond(std::shared_ptr<Exchange> exchange, Response response) {
  const auto sent = co_await exchange->respond(std::move(response));
  static_cast<void>(sent);
}

}  // namespace

asio::awaitable<void> serve_models(Services* services, std::shared_ptr<Exchange> exchange) {
  co_await respond(std::move(exchange), json_response(models_body(*services, services->control.snapshot())));
}

asio::awaitable<void> serve_model(Services* services, std::shared_ptr<Exchange> exchange) {
  const std::string name = exchange->head().path.substr(kModelPrefix.size());
  const auto model = services->catalog.find(name);
  if (!model) {
    co_await respond(std::move(exchange), error_response(unknown_model_error(name)));
    co_return;
  }
  co_await respond(std::move(exchange),
                   json_response(model_body(*services, services->control.snapshot(), *model, name)));
}

asio::awaitable<void> serve_status(Services* services, std::shared_ptr<Exchange> exchange) {
  co_await respond(std::move(exchange), json_response(status_body(*services, services->control.snapshot())));
}

asio::awaitable<void> serve_health(Services* /*services*/, std::shared_ptr<Exchange> exchange) {
  co_await respond(std::move(exchange), json_response(R"({"status":"ok"})"));
}

asio::awaitable<void> serve_ready(Services* services, std::shared_ptr<Exchange> exchange) {
  if (services->control.stopping()) {
    api::ApiError error;
    error.kind = api::ErrorKind::shutting_down;
    error.message = "The server is shutting down.";
    co_await respond(std::move(exchange), error_response(error));
    co_return;
  }
  co_await respond(std::move(exchange), json_response(R"({"status":"ready"})"));
}

}  // namespace signalbox::http
