#include "control/subscription.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "control/control.h"

namespace signalbox::control {

namespace asio = boost::asio;

Subscription::Subscription(Control& control, Wanted wanted)
    : control_(control), wanted_(wanted), wake_timer_(control.executor_) {
  control_.subscriptions_.push_back(this);
}

Subscription::~Subscription() {
  std::erase(control_.subscriptions_, this);
}

asio::awaitable<std::shared_ptr<const sched::Snapshot>> Subscription::next(TimePoint deadline) {
  for (;;) {
    if (cancelled_) co_return nullptr;
    if (!pending_.empty()) {
      auto snapshot = std::move(pending_.front());
      pending_.pop_front();
      co_return snapshot;
    }
    if (!finished_.empty() || !switches_.empty()) co_return nullptr;
    const TimePoint now = control_.clock_.now();
    if (now >= deadline) co_return nullptr;
    wake_timer_.expires_after(deadline - now);
    co_await wake_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::vector<RequestFinished> Subscription::take_finished() {
  std::vector<RequestFinished> taken(finished_.begin(), finished_.end());
  finished_.clear();
  return taken;
}

std::vector<SwitchTold> Subscription::take_switches() {
  std::vector<SwitchTold> taken(switches_.begin(), switches_.end());
  switches_.clear();
  return taken;
}

void Subscription::push(const SwitchTold& told) {
  if (wanted_ < Wanted::switches) return;
  if (switches_.size() >= kPendingMax) switches_.pop_front();
  switches_.push_back(told);
  wake_timer_.cancel();
}

void Subscription::push(const RequestFinished& finished) {
  if (wanted_ < Wanted::requests) return;
  if (finished_.size() >= kPendingMax) finished_.pop_front();
  finished_.push_back(finished);
  wake_timer_.cancel();
}

void Subscription::cancel() {
  cancelled_ = true;
  wake_timer_.cancel();
}

void Subscription::push(std::shared_ptr<const sched::Snapshot> snapshot) {
  if (pending_.size() >= kPendingMax) pending_.pop_front();
  pending_.push_back(std::move(snapshot));
  wake_timer_.cancel();
}

}  // namespace signalbox::control
