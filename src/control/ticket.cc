#include "control/ticket.h"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "control/control.h"

namespace signalbox::control {

namespace asio = boost::asio;

namespace {

// A timer is never armed for longer than this; the loop around it goes on.
constexpr Duration kTimerMax = std::chrono::hours(1);

// A new position or a new model in the way is told by the next heartbeat; only a new status is worth a chunk
// of its own.
bool is_same_step(const sched::RequestStatus& before, const sched::RequestStatus& after) {
  const auto loaded = [](const sched::RequestStatus& status) {
    return status.progress_thousandths.value_or(0) >= 1000;
  };
  return before.status == after.status && loaded(before) == loaded(after);
}

}  // namespace

Ticket::Ticket(Control& control, RequestId id, const Admission& admission)
    : control_(control),
      id_(id),
      model_(admission.model),
      service_class_(admission.service_class),
      places_(admission.places),
      is_streamed_(admission.mode == sched::AnswerMode::streamed),
      arrived_at_(control.clock_.now()),
      wake_timer_(control.executor_) {}

Ticket::~Ticket() {
  control_.heartbeats_.remove(*this);
  if (phase_ != Phase::ended) client_gone();
  SB_ASSERT(phase_ == Phase::ended);
}

void Ticket::push(Wakeup wakeup) {
  if (wakeups_.size() >= kWakeupsMax) wakeups_.pop_front();
  wakeups_.push_back(std::move(wakeup));
  wake_timer_.cancel();
}

void Ticket::push_status(const sched::RequestStatus& status) {
  if (last_step_ && is_same_step(*last_step_, status)) return;
  if (!last_step_ && !was_requeued_) first_estimate_ = status.eta;
  last_step_ = status;
  push(status);
}

void Ticket::want_heartbeats() {
  if (!place_on_wheel_) control_.heartbeats_.add(*this);
}

void Ticket::beat() {
  if (!listening_ || phase_ != Phase::waiting) return;
  beat_due_ = true;
  wake_timer_.cancel();
}

asio::awaitable<Wakeup> Ticket::next() {
  for (;;) {
    if (gone_) co_return ClientGone();
    if (!wakeups_.empty()) {
      Wakeup wakeup = std::move(wakeups_.front());
      wakeups_.pop_front();
      co_return wakeup;
    }
    if (std::exchange(beat_due_, false)) co_return HeartbeatDue();
    listening_ = true;
    wake_timer_.expires_after(kTimerMax);
    co_await wake_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    listening_ = false;
  }
}

std::optional<sched::RequestStatus> Ticket::status() const {
  return control_.scheduler_.status_of(id_, control_.clock_.now());
}

void Ticket::client_gone() {
  if (gone_) return;
  gone_ = true;
  wake_timer_.cancel();
  if (phase_ == Phase::waiting) {
    phase_ = Phase::ended;
    control_.forget(*this);
    control_.handle(sched::WaiterLeft{.request = id_});
  } else {
    close(sched::Closing::cut);
  }
}

void Ticket::cancel_stream() {
  open_cancel_.emit(asio::cancellation_type::terminal);
  if (stream_) stream_->close();
}

asio::awaitable<Result<UpstreamStream*>> Ticket::open(UpstreamRequest request, TimePoint deadline) {
  stream_.reset();
  if (phase_ != Phase::running || requeued_) co_return fail(ErrorCode::cancelled, "The request has ended.");
  auto opening = control_.upstream_.open(epoch_, std::move(request), deadline);
  auto [failure, opened] = co_await asio::co_spawn(
      control_.executor_, std::move(opening),
      asio::bind_cancellation_slot(open_cancel_.slot(), asio::as_tuple(asio::use_awaitable)));
  if (failure || phase_ != Phase::running || requeued_)
    co_return fail(ErrorCode::cancelled, "The request has ended.");
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  stream_ = std::move(*opened);
  prepared_ = stream_->head().prepared;
  co_return stream_.get();
}

bool Ticket::begin_answer() {
  if (answer_began_) return true;
  if (phase_ != Phase::running || requeued_) return false;
  answer_began_ = true;
  control_.answer_began(*this);
  return true;
}

bool Ticket::may_run_again() const {
  if (requeued_) return true;
  return control_.replay_ == sched::Replay::once && !was_requeued_ && !answer_began_;
}

asio::awaitable<std::optional<Requeued>> Ticket::end_run(sched::Closing closing) {
  const bool failed_by_engine =
      closing == sched::Closing::engine_broke || closing == sched::Closing::engine_silent;
  if (phase_ == Phase::running && !requeued_) {
    if (failed_by_engine && !answer_began_) {
      phase_ = Phase::lost;
      cancel_stream();
      control_.answer_lost(*this, closing);
    } else {
      close(closing);
    }
  }
  while (phase_ == Phase::lost) {
    wake_timer_.expires_after(kTimerMax);
    co_await wake_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return std::exchange(requeued_, std::nullopt);
}

void Ticket::abort(const sched::AbortRequest& abort) {
  SB_ASSERT(phase_ == Phase::running || phase_ == Phase::lost);
  phase_ = Phase::ended;
  aborted_ = abort;
  control_.forget(*this);
  cancel_stream();
  wake_timer_.cancel();
}

void Ticket::requeue(const sched::RequeueRequest& requeue) {
  SB_ASSERT(phase_ == Phase::running || phase_ == Phase::lost);
  phase_ = Phase::waiting;
  was_requeued_ = true;
  last_step_.reset();
  cancel_stream();
  // A route that has not seen its start yet need not see that it came to nothing.
  const auto unseen =
      std::erase_if(wakeups_, [](const Wakeup& wakeup) { return std::holds_alternative<Started>(wakeup); });
  if (unseen == 0) requeued_ = Requeued{.detail = requeue.detail};
  wake_timer_.cancel();
}

void Ticket::give_up() {
  SB_ASSERT(phase_ == Phase::lost);
  phase_ = Phase::ended;
  wake_timer_.cancel();
}

void Ticket::close(sched::Closing closing, std::optional<std::uint32_t> tokens) {
  if (phase_ != Phase::running && phase_ != Phase::lost) return;
  phase_ = Phase::ended;
  cancel_stream();
  control_.ended(*this, closing, tokens);
}

}  // namespace signalbox::control
