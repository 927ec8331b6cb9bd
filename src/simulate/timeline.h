// What happened to a scheduler, as a list that can be played again, also with parts left out. Not how it came
// about: chaos.h draws such lists, explore.h finds them, shrink.h makes them short.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "sched/event.h"

namespace signalbox::simulate {

struct Moment {
  TimePoint time{};
  sched::Event event;
  // Where the shell is late: it has told no deadline after this time. None: it has told all.
  std::optional<TimePoint> told_up_to{};
  // For news of an engine, in place of its epoch: 0 is the engine started last, 1 the one before. So the news
  // keep their meaning when earlier moments are left out.
  std::uint32_t starts_ago = 0;
};

// In the order of time.
using Timeline = std::vector<Moment>;

}  // namespace signalbox::simulate
