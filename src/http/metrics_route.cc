#include "http/metrics_route.h"

#include <utility>

#include "base/assert.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

metrics::ServerState state_of(sched::ServerStatus status) {
  switch (status) {
    case sched::ServerStatus::idle:
      return metrics::ServerState::idle;
    case sched::ServerStatus::ready:
      return metrics::ServerState::ready;
    case sched::ServerStatus::switching:
      return metrics::ServerState::switching;
    case sched::ServerStatus::loading:
      return metrics::ServerState::loading;
    case sched::ServerStatus::error:
      return metrics::ServerState::error;
  }
  SB_ASSERT(false);
}

metrics::Present present(const Services& services) {
  const sched::Snapshot snapshot = services.control.snapshot();
  metrics::Present present{
      .state = state_of(snapshot.status), .body_bytes = services.body_bytes, .backlog = snapshot.backlog};
  for (const sched::ModelSnapshot& model : snapshot.models) {
    const ModelIndex index(static_cast<std::uint32_t>(present.models.size()));
    present.models.push_back({.queue_length = model.queue_length,
                              .in_flight = model.in_flight,
                              .active = snapshot.active_model == index,
                              .quarantined = model.status == sched::ModelStatus::quarantined});
  }
  return present;
}

}  // namespace

asio::awaitable<void> serve_metrics(Services* services, std::shared_ptr<Exchange> exchange) {
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = services->metrics.text(present(*services));
  response.headers.emplace_back("Cache-Control", "no-store");
  // Whether the scraper took it changes nothing.
  const auto sent = co_await exchange->respond(std::move(response));
  static_cast<void>(sent);
}

}  // namespace signalbox::http
