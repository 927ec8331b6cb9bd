// Measures how late the event loop is: a timer that looks at the clock when it fires. What holds the loop up
// holds every client up.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"
#include "metrics/metrics.h"

namespace signalbox::app {

// Loop thread only. Watches until the loop is stopped.
class LoopWatch {
 public:
  LoopWatch(const boost::asio::any_io_executor& executor, const Clock& clock, metrics::Metrics& metrics);
  void begin();

 private:
  // A stall is seen if it covers the end of an interval; five a second cost nothing.
  static constexpr Duration kInterval = std::chrono::milliseconds(200);

  boost::asio::steady_timer timer_;
  const Clock& clock_;
  metrics::Metrics& metrics_;
};

}  // namespace signalbox::app
