#include "control/subscription.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "control/control.h"

namespace signalbox::control {

namespace asio = boost::asio;

Subscription::Subscription(Control& control) : control_(control), wake_timer_(control.executor_) {
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
    const TimePoint now = control_.clock_.now();
    if (now >= deadline) co_return nullptr;
    wake_timer_.expires_after(deadline - now);
    co_await wake_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
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
