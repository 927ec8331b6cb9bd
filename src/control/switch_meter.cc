#include "control/switch_meter.h"

#include <algorithm>
#include <string_view>

#include "base/assert.h"

namespace signalbox::control {

namespace {

// The scheduler's words for causes are the label's values.
metrics::SwitchCause cause_of(std::string_view word) {
  const auto& words = metrics::Label<metrics::SwitchCause>::kValues;
  const auto* const found = std::ranges::find(words, word);
  SB_ASSERT(found != words.end());
  return static_cast<metrics::SwitchCause>(found - words.begin());
}

}  // namespace

void SwitchMeter::count(const sched::Command& command, const SwitchPhases& phases) {
  if (const auto* started = std::get_if<sched::SwitchStarted>(&command)) {
    cause_ = cause_of(started->cause);
    metrics_.switch_started(cause_);
  } else if (const auto* finished = std::get_if<sched::SwitchFinished>(&command)) {
    count_finished(*finished, phases);
  } else if (const auto* failed = std::get_if<sched::SwitchFailed>(&command)) {
    const bool called_off = failed->end == sched::SwitchEnd::called_off;
    if (!called_off) metrics_.load_failed(failed->to);
    count_end(called_off ? metrics::SwitchEnd::called_off : metrics::SwitchEnd::failed);
  } else if (const auto* start = std::get_if<sched::StartEngine>(&command)) {
    engines_[start->epoch] = Engine{.model = start->model};
    metrics_.engine_started(start->model);
    if (start->beside) metrics_.overlap(metrics::OverlapEvent::begun);
  } else if (const auto* stop = std::get_if<sched::StopEngine>(&command)) {
    engines_.at(stop->epoch).told = Told::stop;
  } else if (const auto* kill = std::get_if<sched::KillEngine>(&command)) {
    count_kill(kill->epoch);
  }
}

void SwitchMeter::count_end(metrics::SwitchEnd end) {
  metrics_.switch_ended(cause_, end);
  cause_ = metrics::SwitchCause::not_begun;
}

void SwitchMeter::count_finished(const sched::SwitchFinished& finished, const SwitchPhases& phases) {
  using metrics::SwitchPhase;
  // A first load has nobody to wait for and nothing to stop: zeros would hide the true durations.
  if (finished.from) {
    metrics_.switch_phase_took(SwitchPhase::drain, phases.drain);
    metrics_.switch_phase_took(SwitchPhase::save, phases.save);
    metrics_.switch_phase_took(SwitchPhase::stop, phases.stop);
  }
  metrics_.switch_phase_took(SwitchPhase::spawn, phases.spawn);
  metrics_.switch_phase_took(SwitchPhase::load, phases.load);
  metrics_.switch_phase_took(SwitchPhase::context, phases.context);
  metrics_.switch_took(finished.total);
  if (finished.overlap > Duration(0)) metrics_.overlap(metrics::OverlapEvent::used);
  count_end(metrics::SwitchEnd::finished);
}

void SwitchMeter::count_first_answer(const SwitchTold& told) {
  metrics_.switch_phase_took(metrics::SwitchPhase::restore, told.restore);
  if (told.first_token) metrics_.switch_phase_took(metrics::SwitchPhase::first_token, *told.first_token);
}

// The scheduler repeats a kill until the exit is seen; it is one killed engine.
void SwitchMeter::count_kill(Epoch epoch) {
  auto& engine = engines_.at(epoch);
  if (engine.told == Told::kill) return;
  engine.told = Told::kill;
  metrics_.engine_killed(engine.model);
}

void SwitchMeter::engine_exited(Epoch epoch) {
  const auto engine = engines_.find(epoch);
  if (engine == engines_.end()) return;
  if (engine->second.told == Told::nothing) metrics_.engine_died(engine->second.model);
  engines_.erase(engine);
}

void SwitchMeter::memory_checked(bool suffices) {
  if (!suffices) metrics_.overlap(metrics::OverlapEvent::no_memory);
}

void SwitchMeter::memory_short() {
  metrics_.overlap(metrics::OverlapEvent::memory_short);
}

}  // namespace signalbox::control
