// One switch as it is told once it is over: where its time went, from the closed gate to the first token of
// the first answer. Gathered from the scheduler's commands and the engines' own times. For Control.
#pragma once

#include <map>
#include <optional>

#include "base/id.h"
#include "base/time.h"
#include "ports/engine_launcher.h"
#include "sched/command.h"

namespace signalbox::control {

// In the order in which they come; together they are `total`.
struct SwitchPhases {
  Duration drain{0};    // the old model's requests end
  Duration save{0};     // its conversations go to disk
  Duration stop{0};     // its engine exits
  Duration spawn{0};    // the new engine's process runs
  Duration load{0};     // its weights are loaded
  Duration context{0};  // it can serve
};

struct SwitchTold {
  std::optional<ModelIndex> from;  // none: nothing was loaded
  ModelIndex to;
  SwitchPhases phases{};
  Duration overlap{0};                    // of the load, beside the old engine: in none of the phases
  Duration restore{0};                    // of the first answer: its conversation comes from disk
  std::optional<Duration> first_token{};  // after that; none: the first answer was not streamed
  Duration total{0};                      // since the gate closed
};

// Loop thread only.
class SwitchStory {
 public:
  // The engine's own news, before the scheduler hears of it.
  void engine_exited(Epoch epoch, const EngineExit& exit);
  void engine_ready(Epoch epoch, const LoadTimes& times);

  // A switch is over: its phases so far.
  [[nodiscard]] SwitchPhases finished(const sched::SwitchFinished& finished, TimePoint now);

  // An answer of this engine begins. The whole story, for the first one after a switch.
  [[nodiscard]] std::optional<SwitchTold> answer_began(Epoch epoch, Duration restore, bool streamed,
                                                       TimePoint started, TimePoint now);

 private:
  std::map<Epoch, LoadTimes> loaded_;  // of the engines that are up
  Duration save_{0};                   // of the present engine, once it is gone
  Epoch epoch_;                        // of the present engine
  std::optional<SwitchTold> untold_;   // finished, but without an answer yet
  TimePoint ready_at_;
};

}  // namespace signalbox::control
