// Reading the next model's file ahead, as it is wired: made where the configuration wants it, and counted.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "config/config.h"
#include "engine/read_ahead.h"
#include "metrics/metrics.h"
#include "ports/read_ahead_news.h"

namespace signalbox::app {

// Loop thread only. The metrics outlive it.
class ReadAheadCounting final : public ReadAheadObserver {
 public:
  explicit ReadAheadCounting(metrics::Metrics& metrics) : metrics_(metrics) {}
  void read_ahead_ended(const ReadAheadNews& news) override;

 private:
  metrics::Metrics& metrics_;
};

// Null with `readahead: off`.
[[nodiscard]] std::unique_ptr<engine::ReadAhead> make_read_ahead(const config::Config& config,
                                                                 boost::asio::any_io_executor loop,
                                                                 const Clock& clock,
                                                                 const engine::TokenPace& pace,
                                                                 ReadAheadObserver& observer);

}  // namespace signalbox::app
