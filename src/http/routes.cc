#include "http/routes.h"

#include <memory>
#include <utility>

#include "http/admin.h"
#include "http/events.h"
#include "http/generation.h"
#include "http/metrics_route.h"
#include "http/select.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> serve_generation(Services* services, std::shared_ptr<Exchange> exchange,
                                       api::Route route) {
  Generation generation(*services, std::move(exchange), route);
  co_await generation.serve();
}

Handler generation_of(Services& services, api::Route route) {
  return [&services, route](std::shared_ptr<Exchange> exchange) {
    return serve_generation(&services, std::move(exchange), route);
  };
}

using Route = asio::awaitable<void> (*)(Services* services, std::shared_ptr<Exchange> exchange);

Handler bind(Services& services, Route route) {
  return [&services, route](std::shared_ptr<Exchange> exchange) {
    return route(&services, std::move(exchange));
  };
}

}  // namespace

Router make_router(Services& services) {
  Router router;
  router.add("POST", "/v1/chat/completions", generation_of(services, api::Route::chat));
  router.add("POST", "/v1/completions", generation_of(services, api::Route::completions));
  router.add("POST", "/v1/responses", generation_of(services, api::Route::responses));
  router.add("GET", "/v1/models", bind(services, serve_models));
  router.add("GET", "/v1/models/status", bind(services, serve_status));
  router.add("POST", "/v1/models/select", bind(services, serve_select));
  router.add("GET", "/v1/models/*", bind(services, serve_model));
  router.add("GET", "/v1/events", bind(services, serve_events));
  router.add("GET", "/health", bind(services, serve_health));
  router.add("GET", "/ready", bind(services, serve_ready));
  router.add("GET", "/metrics", bind(services, serve_metrics));
  return router;
}

}  // namespace signalbox::http
