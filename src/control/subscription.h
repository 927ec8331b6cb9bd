// A listener of every change of the snapshot: GET /v1/events and a select that waits.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/id.h"
#include "base/time.h"
#include "control/switch_story.h"
#include "sched/event.h"
#include "sched/view.h"

namespace signalbox::control {

class Control;

// A request that ran and is over, by its answer's end or by its client's leaving: what a trace is made of.
struct RequestFinished {
  ModelIndex model;
  sched::ServiceClass service_class = sched::ServiceClass::standard;
  std::uint64_t number = 0;  // counts them, so that a listener sees that it has lost some
  Duration arrived{0};       // since the server's start
  Duration wait{0};
  Duration service{0};
  std::optional<Duration> open_since{};  // arrival of the oldest request that is not over; none: all are
};

// Each with those before it: changes of the snapshot, switches that are over, requests that have ended.
enum class Wanted { status, switches, requests };

// Loop thread only. Owned by its listener, outlived by its Control. A listener that is slower than the
// changes loses the oldest of them, never the newest.
class Subscription {
 public:
  static constexpr std::size_t kPendingMax = 256;

  Subscription(Control& control, Wanted wanted);
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription();

  // The next change; none when `deadline` passed, after cancel(), or when there is something to take.
  boost::asio::awaitable<std::shared_ptr<const sched::Snapshot>> next(TimePoint deadline);
  // The requests that have ended since the last call, if they are wanted.
  [[nodiscard]] std::vector<RequestFinished> take_finished();
  // Likewise the switches whose first answer has begun, in their order.
  [[nodiscard]] std::vector<SwitchTold> take_switches();
  void cancel();
  [[nodiscard]] bool cancelled() const { return cancelled_; }

 private:
  friend class Control;
  void push(std::shared_ptr<const sched::Snapshot> snapshot);
  void push(const RequestFinished& finished);
  void push(const SwitchTold& told);

  Control& control_;
  Wanted wanted_;
  std::deque<RequestFinished> finished_;
  std::deque<SwitchTold> switches_;
  std::deque<std::shared_ptr<const sched::Snapshot>> pending_;
  boost::asio::steady_timer wake_timer_;
  bool cancelled_ = false;
};

}  // namespace signalbox::control
