// When waiting streams get their next sign of life: one timer for all of them, which turns a wheel of slots.
// Each waiter keeps its slot, and the slots are filled evenly, so that thousands of heartbeats are spread
// over the interval instead of keeping the loop busy all at once; and one timer costs one call to the kernel
// a tick where a timer for each stream would cost one a heartbeat.
#pragma once

#include <cstddef>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"

namespace signalbox::control {

class Ticket;

// Loop thread only. Owned by Control; its tickets take themselves out before they go.
class Heartbeats {
 public:
  // The interval is at least kTickMin.
  Heartbeats(const boost::asio::any_io_executor& executor, const Clock& clock, Duration interval);

  // Where a ticket is on the wheel; its ticket keeps it.
  struct Place {
    std::size_t slot;
    std::size_t index;
  };
  // The first beat comes within one interval, and in the full interval when there are few.
  void add(Ticket& ticket);
  void remove(Ticket& ticket);

 private:
  static constexpr int kSlotsMax = 50;
  static constexpr Duration kTickMin = std::chrono::milliseconds(10);

  [[nodiscard]] std::size_t emptiest_slot() const;
  void arm();
  void turn();

  const Clock& clock_;
  const Duration tick_;
  std::vector<std::vector<Ticket*>> slots_;
  std::size_t hand_ = 0;  // the slot that had its turn last
  std::size_t size_ = 0;
  bool turning_ = false;
  TimePoint next_turn_;
  boost::asio::steady_timer timer_;
};

}  // namespace signalbox::control
