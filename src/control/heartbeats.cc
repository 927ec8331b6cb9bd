#include "control/heartbeats.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "control/ticket.h"

namespace signalbox::control {

Heartbeats::Heartbeats(const boost::asio::any_io_executor& executor, const Clock& clock, Duration interval)
    : clock_(clock),
      tick_(std::max(interval / kSlotsMax, kTickMin)),
      slots_(std::max(static_cast<std::size_t>(interval / tick_), std::size_t{1})),
      timer_(executor) {}

void Heartbeats::add(Ticket& ticket) {
  SB_ASSERT(!ticket.place_on_wheel_);
  const std::size_t slot = emptiest_slot();
  ticket.place_on_wheel_ = Place{.slot = slot, .index = slots_[slot].size()};
  slots_[slot].push_back(&ticket);
  ++size_;
  if (turning_) return;
  turning_ = true;
  next_turn_ = clock_.now() + tick_;
  arm();
}

void Heartbeats::remove(Ticket& ticket) {
  if (!ticket.place_on_wheel_) return;
  const Place place = *std::exchange(ticket.place_on_wheel_, std::nullopt);
  auto& slot = slots_[place.slot];
  SB_ASSERT(slot[place.index] == &ticket);
  slot[place.index] = slot.back();
  slot[place.index]->place_on_wheel_->index = place.index;
  slot.pop_back();
  --size_;
}

// Of equals the one whose turn is furthest away: right after the hand has passed.
std::size_t Heartbeats::emptiest_slot() const {
  std::size_t best = hand_;
  for (std::size_t back = 1; back < slots_.size(); ++back) {
    const std::size_t slot = (hand_ + slots_.size() - back) % slots_.size();
    if (slots_[slot].size() < slots_[best].size()) best = slot;
  }
  return best;
}

void Heartbeats::arm() {
  timer_.expires_after(std::max(next_turn_ - clock_.now(), Duration(0)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) turn();
  });
}

void Heartbeats::turn() {
  if (size_ == 0) {
    turning_ = false;
    return;
  }
  hand_ = (hand_ + 1) % slots_.size();
  for (Ticket* ticket : slots_[hand_]) ticket->beat();
  // After a stall the missed turns are not made up for: nobody needs two beats at once.
  next_turn_ = std::max(next_turn_ + tick_, clock_.now());
  arm();
}

}  // namespace signalbox::control
