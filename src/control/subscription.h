// A listener of every change of the snapshot: GET /v1/events and a select that waits.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"
#include "sched/view.h"

namespace signalbox::control {

class Control;

// Loop thread only. Owned by its listener, outlived by its Control. A listener that is slower than the
// changes loses the oldest of them, never the newest.
class Subscription {
 public:
  static constexpr std::size_t kPendingMax = 256;

  explicit Subscription(Control& control);
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription();

  // The next change; none when `deadline` passed, or after cancel().
  boost::asio::awaitable<std::shared_ptr<const sched::Snapshot>> next(TimePoint deadline);
  void cancel();
  [[nodiscard]] bool cancelled() const { return cancelled_; }

 private:
  friend class Control;
  void push(std::shared_ptr<const sched::Snapshot> snapshot);

  Control& control_;
  std::deque<std::shared_ptr<const sched::Snapshot>> pending_;
  boost::asio::steady_timer wake_timer_;
  bool cancelled_ = false;
};

}  // namespace signalbox::control
