// The part of a request's life in which it waits: what the scheduler says about it becomes status chunks.
#include <utility>

#include "base/log.h"
#include "http/failure.h"
#include "http/generation.h"

namespace signalbox::http {

namespace asio = boost::asio;

asio::awaitable<Generation::Outcome> Generation::wait_for_start() {
  const bool telling = request_.stream && answer_options_.status_chunks != api::StatusChunks::off;
  if (telling) ticket_->want_heartbeats();
  for (;;) {
    control::Wakeup wakeup = co_await ticket_->next();
    std::optional<sched::RequestStatus> status;
    if (auto* changed = std::get_if<sched::RequestStatus>(&wakeup)) {
      status = *changed;
    } else if (std::holds_alternative<control::HeartbeatDue>(wakeup)) {
      status = ticket_->status();
    } else if (auto* started = std::get_if<control::Started>(&wakeup)) {
      started_ = *started;
      count_start();
      co_return Outcome::go_on;
    } else if (auto* refused = std::get_if<control::Refused>(&wakeup)) {
      co_await fail(refusal_error(*refused, request_.model));
      co_return Outcome::over;
    } else {
      log::info("client gone", {{"request_id", exchange_->head().request_id},
                                {"model", services_.catalog.name(model_)},
                                {"while", "waiting"}});
      count_client_left(metrics::Stage::waiting);
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
  if (status.eta) report.eta_ms = to_ms(*status.eta);
  return report;
}

}  // namespace signalbox::http
