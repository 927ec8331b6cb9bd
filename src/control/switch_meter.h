// Counts switches, loads and engines, made of the scheduler's commands and the engines' ends. For Control.
#pragma once

#include <map>

#include "base/id.h"
#include "control/switch_story.h"
#include "metrics/metrics.h"
#include "sched/command.h"

namespace signalbox::control {

// Loop thread only.
class SwitchMeter {
 public:
  explicit SwitchMeter(metrics::Metrics& metrics) : metrics_(metrics) {}

  // Each command, in order. Those that are not of this kind count nothing. `phases` is looked at for a
  // SwitchFinished.
  void count(const sched::Command& command, const SwitchPhases& phases = {});
  // After the first answer of the new engine began.
  void count_first_answer(const SwitchTold& told);
  void engine_exited(Epoch epoch);
  void memory_checked(bool suffices);
  void memory_short();

 private:
  enum class Told { nothing, stop, kill };
  struct Engine {
    ModelIndex model;
    Told told = Told::nothing;
  };

  void count_end(metrics::SwitchEnd end);
  void count_finished(const sched::SwitchFinished& finished, const SwitchPhases& phases);
  void count_kill(Epoch epoch);

  metrics::Metrics& metrics_;
  metrics::SwitchCause cause_ = metrics::SwitchCause::not_begun;  // of the switch under way
  std::map<Epoch, Engine> engines_;                               // started, their exit not seen
};

}  // namespace signalbox::control
