#include "control/place_watch.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "control/control.h"

namespace signalbox::control {

namespace asio = boost::asio;

PlaceWatch::PlaceWatch(Control& control) : control_(control) {}

void PlaceWatch::add(RequestId request, std::uint32_t places, Epoch epoch) {
  SB_ASSERT(cuts_.empty() || epoch_ == epoch);
  if (std::ranges::find(cuts_, request, &Cut::request) != cuts_.end()) return;
  epoch_ = epoch;
  cuts_.push_back(Cut{.request = request, .places = places});
  if (!polling_) run();
}

void PlaceWatch::clear(Epoch epoch) {
  if (epoch != epoch_) return;
  cuts_.clear();
  polling_ = false;
  ++round_;
}

void PlaceWatch::run() {
  polling_ = true;
  ++round_;
  asio::co_spawn(control_.executor_, poll(round_), asio::detached);
}

asio::awaitable<void> PlaceWatch::poll(std::uint64_t round) {
  asio::steady_timer timer(control_.executor_);
  while (round == round_ && !cuts_.empty()) {
    const auto busy = co_await control_.upstream_.busy_slots(epoch_, control_.clock_.now() + kPollTimeout);
    if (round != round_) co_return;
    if (busy) {
      release(*busy);
    } else if (busy.error().code == ErrorCode::invalid) {
      release(0);  // an engine that cannot say is believed to let go at once
    }
    if (round != round_ || cuts_.empty()) break;
    timer.expires_after(kPollInterval);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (round == round_) polling_ = false;
}

// Of the busy slots those of running requests are explained; the rest may be cut ones that still work.
void PlaceWatch::release(std::uint32_t busy) {
  const std::uint32_t explained = control_.running_places(control_.clock_.now() - kSettleTime);
  const std::uint32_t lingering = busy > explained ? busy - explained : 0;
  std::uint32_t held = 0;
  for (const Cut& cut : cuts_) held += cut.places;
  const std::uint64_t round = round_;
  while (round == round_ && !cuts_.empty() && held - cuts_.front().places >= lingering) {
    const Cut cut = cuts_.front();
    cuts_.pop_front();
    held -= cut.places;
    control_.places_freed(cut.request);
  }
}

}  // namespace signalbox::control
