#include "control/switch_story.h"

#include <algorithm>
#include <utility>

namespace signalbox::control {

namespace {

// Takes from `phase` what of `overlap` was in it; gives back the rest of `overlap`.
Duration hide(Duration& phase, Duration overlap) {
  const auto hidden = std::min(phase, overlap);
  phase -= hidden;
  return overlap - hidden;
}

}  // namespace

void SwitchStory::engine_ready(Epoch epoch, const LoadTimes& times) {
  loaded_[epoch] = times;
}

void SwitchStory::engine_exited(Epoch epoch, const EngineExit& exit) {
  loaded_.erase(epoch);
  if (epoch != epoch_) return;
  save_ = exit.save;
  untold_.reset();
}

SwitchPhases SwitchStory::finished(const sched::SwitchFinished& finished, TimePoint now) {
  const auto& times = loaded_[finished.epoch];
  SwitchPhases phases{.spawn = times.spawn, .context = times.context};
  if (finished.from) {
    phases.drain = finished.drain;
    phases.save = std::min(std::exchange(save_, Duration(0)), finished.stop);
    phases.stop = finished.stop - phases.save;
  }
  // What the loop needed to hear of it is in the longest of them.
  phases.load = std::max(finished.load + finished.overlap - times.spawn - times.context, Duration(0));
  hide(phases.context, hide(phases.load, hide(phases.spawn, finished.overlap)));
  untold_ = SwitchTold{.from = finished.from,
                       .to = finished.to,
                       .phases = phases,
                       .overlap = finished.overlap,
                       .total = finished.total};
  epoch_ = finished.epoch;
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
