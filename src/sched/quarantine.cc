#include "sched/quarantine.h"

#include <algorithm>

#include "sched/scaled.h"

namespace signalbox::sched {

void Quarantine::begin(TimePoint now, std::uint32_t jitter_thousandths) {
  back_off_ = back_off_ == Duration{0} ? kFirst : std::min(back_off_ * 2, kLongest);
  until_ = now + back_off_;
  spread(now, jitter_thousandths);
}

void Quarantine::spread(TimePoint now, std::uint32_t jitter_thousandths) {
  if (!left(now)) return;
  *until_ +=
      scaled(scaled(back_off_, kJitterShareThousandths), std::min<std::uint32_t>(jitter_thousandths, 1000));
}

void Quarantine::reset() {
  until_.reset();
  back_off_ = Duration{0};
}

std::optional<Duration> Quarantine::left(TimePoint now) const {
  if (!until_ || *until_ <= now) return std::nullopt;
  return *until_ - now;
}

}  // namespace signalbox::sched
