#include "app/loop_watch.h"

#include <algorithm>

namespace signalbox::app {

LoopWatch::LoopWatch(const boost::asio::any_io_executor& executor, const Clock& clock,
                     metrics::Metrics& metrics)
    : timer_(executor), clock_(clock), metrics_(metrics) {}

void LoopWatch::begin() {
  const TimePoint due = clock_.now() + kInterval;
  timer_.expires_after(kInterval);
  timer_.async_wait([this, due](const boost::system::error_code& error) {
    if (error) return;
    metrics_.loop_lagged(std::max(clock_.now() - due, Duration(0)));
    begin();
  });
}

}  // namespace signalbox::app
