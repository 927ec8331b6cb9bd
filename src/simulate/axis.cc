#include "simulate/axis.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox::simulate {
namespace {

constexpr std::int64_t kTicksMax = 6;

// The smallest of 1, 2, 5, 10, 20, ... thousandths of the unit that needs no more ticks than that.
Duration step_for(Duration longest, Duration unit) {
  Duration decade = unit / 1000;
  for (;;) {
    for (const int factor : {1, 2, 5}) {
      if (longest <= decade * factor * kTicksMax) return decade * factor;
    }
    decade *= 10;
  }
}

}  // namespace

TimeAxis::TimeAxis(Duration longest) {
  using std::chrono::hours, std::chrono::minutes;
  longest = std::clamp(longest, Duration(std::chrono::milliseconds(1)), Duration(hours(24 * 366 * 100)));
  if (longest >= minutes(10)) unit_ = minutes(1);
  if (longest >= hours(10)) unit_ = hours(1);
  const auto step = step_for(longest, unit_);
  ticks_.emplace_back(0);
  while (ticks_.back() < longest) ticks_.push_back(ticks_.back() + step);
}

std::string TimeAxis::unit() const {
  if (unit_ == std::chrono::seconds(1)) return "s";
  return unit_ == std::chrono::minutes(1) ? "min" : "h";
}

std::string TimeAxis::label(Duration tick) const {
  return fmt::format("{:g}", static_cast<double>(tick.count()) / static_cast<double>(unit_.count()));
}

double TimeAxis::share(Duration time) const {
  return static_cast<double>(time.count()) / static_cast<double>(end().count());
}

}  // namespace signalbox::simulate
