// What a generation request adds to the metrics.
#include <utility>

#include "base/assert.h"
#include "http/generation.h"
#include "http/rejection.h"

namespace signalbox::http {

namespace {

metrics::Route to_metrics(api::Route route) {
  switch (route) {
    case api::Route::chat:
      return metrics::Route::chat;
    case api::Route::completions:
      return metrics::Route::completions;
    case api::Route::responses:
      return metrics::Route::responses;
  }
  SB_ASSERT(false);
}

// Nothing is wrong with a server that says 400 or 503.
bool is_failure(api::ErrorKind kind) {
  const unsigned status = api::error_row(kind).status;
  return status >= 500 && status != 503;
}

}  // namespace

// Without an end of its own it was thrown out of memory.
Generation::~Generation() {
  count_end(metrics::Outcome::failed);
}

void Generation::count_start() {
  started_at_ = services_.clock.now();
  if (was_replayed_) return;  // its wait was the one before its first start
  services_.metrics.request_started(model_, started_.wait_duration);
  if (started_.estimate) {
    services_.metrics.wait_was_estimated(model_, *started_.estimate, started_.wait_duration);
  }
}

void Generation::count_part() {
  if (std::exchange(first_part_came_, true)) return;
  services_.metrics.first_token_came(model_, services_.clock.now() - admitted_at_);
}

void Generation::count_answer(std::uint64_t tokens) {
  services_.metrics.answer_completed(model_, services_.clock.now() - *started_at_, tokens);
  count_end(metrics::Outcome::answered);
}

void Generation::count_failure(api::ErrorKind kind) {
  // An error that is an HTTP answer is counted where it is sent.
  if (head_sent_) services_.metrics.rejected(rejection_of(kind));
  const bool has_run = started_at_ || was_replayed_;
  count_end(has_run || is_failure(kind) ? metrics::Outcome::failed : metrics::Outcome::refused);
}

void Generation::count_client_left(metrics::Stage stage) {
  if (!end_is_open_) return;
  services_.metrics.client_left(stage);
  count_end(metrics::Outcome::cancelled);
}

void Generation::count_end(metrics::Outcome outcome) {
  if (!std::exchange(end_is_open_, false)) return;
  services_.metrics.request_ended(model_, to_metrics(route_), outcome);
}

}  // namespace signalbox::http
