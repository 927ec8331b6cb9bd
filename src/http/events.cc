#include "http/events.h"

#include <string>
#include <utility>

#include "api/sse.h"
#include "http/failure.h"
#include "http/query_flag.h"
#include "http/status_json.h"

namespace signalbox::http {

namespace asio = boost::asio;

namespace {

// A quiet stream shows that it lives, for proxies and for us.
constexpr Duration kKeepAliveInterval = std::chrono::seconds(15);

// Counts one listener as long as it lives.
class ListenerCount {
 public:
  explicit ListenerCount(Services& services) : services_(services) { ++services_.events_clients; }
  ListenerCount(const ListenerCount&) = delete;
  ListenerCount& operator=(const ListenerCount&) = delete;
  ~ListenerCount() { --services_.events_clients; }

 private:
  Services& services_;
};

// What there is to say by now; without anything a sign that the stream lives.
std::string news(const Services& services, control::Subscription& subscription,
                 const std::shared_ptr<const sched::Snapshot>& snapshot) {
  std::string bytes;
  for (const auto& finished : subscription.take_finished()) {
    bytes += api::sse_event("request", request_body(services, finished));
  }
  for (const auto& told : subscription.take_switches()) {
    bytes += api::sse_event("switch", switch_body(services, told));
  }
  if (snapshot) bytes += api::sse_event("status", status_body(services, *snapshot));
  return bytes.empty() ? api::sse_comment("quiet") : bytes;
}

asio::awaitable<void> follow(Services* services, std::shared_ptr<Exchange> exchange, control::Wanted wanted) {
  const std::shared_ptr<control::Subscription> subscription = services->control.subscribe(wanted);
  std::weak_ptr<control::Subscription> watched = subscription;
  exchange->watch_client([watched] {
    if (const auto alive = watched.lock()) alive->cancel();
  });
  Result<void> sent = co_await exchange->start_stream({});
  std::string bytes = api::sse_event("snapshot", status_body(*services, services->control.snapshot()));
  while (sent) {
    sent = co_await exchange->write(std::move(bytes));
    if (!sent || subscription->cancelled() || services->control.stopping()) break;
    const auto snapshot = co_await subscription->next(services->clock.now() + kKeepAliveInterval);
    if (subscription->cancelled()) co_return;
    bytes = news(*services, *subscription, snapshot);
  }
  if (!sent) co_return;
  sent = co_await exchange->finish_stream();
}

}  // namespace

asio::awaitable<void> serve_events(Services* services, std::shared_ptr<Exchange> exchange) {
  if (services->events_clients >= services->options.events_clients_max) {
    api::ApiError error;
    error.kind = api::ErrorKind::too_many_connections;
    error.message = "As many clients follow the events as may.";
    const auto sent = co_await exchange->respond(error_response(error));
    static_cast<void>(sent);
    co_return;
  }
  const auto requests = query_flag(exchange->head().query, "requests");
  if (!requests) {
    const auto sent = co_await exchange->respond(error_response(requests.error()));
    static_cast<void>(sent);
    co_return;
  }
  const ListenerCount count(*services);
  const auto wanted = *requests ? control::Wanted::requests : control::Wanted::switches;
  co_await follow(services, std::move(exchange), wanted);
}

}  // namespace signalbox::http
