#include "app/reading_ahead.h"

#include <utility>

#include "base/assert.h"

namespace signalbox::app {

namespace {

metrics::ReadAheadEnd to_metrics(ReadAheadNews::End end) {
  using End = ReadAheadNews::End;
  switch (end) {
    case End::complete:
      return metrics::ReadAheadEnd::complete;
    case End::stopped:
      return metrics::ReadAheadEnd::stopped;
    case End::memory_short:
      return metrics::ReadAheadEnd::memory_short;
    case End::clients_slowed:
      return metrics::ReadAheadEnd::clients_slowed;
    case End::file_changed:
      return metrics::ReadAheadEnd::file_changed;
    case End::file_unreadable:
      return metrics::ReadAheadEnd::file_unreadable;
    case End::disk_stuck:
      return metrics::ReadAheadEnd::disk_stuck;
  }
  SB_ASSERT(false);
}

}  // namespace

void ReadAheadCounting::read_ahead_ended(const ReadAheadNews& news) {
  metrics_.read_ahead_ended(news.model, to_metrics(news.end), news.bytes_read);
}

std::unique_ptr<engine::ReadAhead> make_read_ahead(const config::Config& config,
                                                   boost::asio::any_io_executor loop, const Clock& clock,
                                                   const engine::TokenPace& pace,
                                                   ReadAheadObserver& observer) {
  if (config.engine.readahead == config::ReadAhead::off) return nullptr;
  return std::make_unique<engine::ReadAhead>(std::move(loop), clock, pace, observer,
                                             engine::ReadAhead::Options());
}

}  // namespace signalbox::app
