// Times along an axis: in which unit they are read best, and where its ticks stand. Pure. Called by plot.cc.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace signalbox::simulate {

class TimeAxis {
 public:
  // From 0 to `longest`, or a little more, with about five ticks. It is never of no length.
  explicit TimeAxis(Duration longest);

  [[nodiscard]] const std::vector<Duration>& ticks() const { return ticks_; }
  [[nodiscard]] Duration end() const { return ticks_.back(); }
  // "s", "min" or "h".
  [[nodiscard]] std::string unit() const;
  // A tick in that unit, without it.
  [[nodiscard]] std::string label(Duration tick) const;
  // From 0 to 1.
  [[nodiscard]] double share(Duration time) const;

 private:
  Duration unit_ = std::chrono::seconds(1);
  std::vector<Duration> ticks_;
};

}  // namespace signalbox::simulate
