#include "control/switch_story.h"

#include <algorithm>
#include <utility>

namespace signalbox::control {

void SwitchStory::engine_ready(Epoch epoch, const LoadTimes& times) {
  epoch_ = epoch;
  times_ = times;
  untold_.reset();
}

SwitchPhases SwitchStory::finished(const sched::SwitchFinished& finished, TimePoint now) {
  SwitchPhases phases{.spawn = times_.spawn, .context = times_.context};
  if (finished.from) {
    phases.drain = finished.drain;
    phases.save = std::min(std::exchange(save_, Duration(0)), finished.stop);
    phases.stop = finished.stop - phases.save;
  }
  // What the loop needed to hear of it is in the longest of them.
  phases.load = std::max(finished.load - times_.spawn - times_.context, Duration(0));
  untold_ = SwitchTold{.from = finished.from, .to = finished.to, .phases = phases, .total = finished.total};
  ready_at_ = now;
  return phases;
}

std::optional<SwitchTold> SwitchStory::answer_began(Epoch epoch, Duration restore, bool streamed,
                                                    TimePoint started, TimePoint now) {
  if (epoch != epoch_ || !untold_) return std::nullopt;
  auto told = std::exchange(untold_, std::nullopt);
  told->restore = restore;
  if (streamed) told->first_token = now - started - restore;
  told->total += now - ready_at_;
  return told;
}

}  // namespace signalbox::control
