// Every small world: breadth first over all interleavings of all that can happen to the real scheduler, to a
// fixed point or a stated depth. Time moves only to the scheduler's next deadline; states that differ only in
// what decides nothing are one (Scheduler::fingerprint). Also looks whether each state leads on: a world in
// which from then on nothing fails and nobody leaves must come to an end of all waiting. Called by tests and
// by signalbox_explore.
#pragma once

#include <cstdint>
#include <string>

#include "sched/event.h"
#include "sched/options.h"
#include "simulate/timeline.h"

namespace signalbox::simulate {

enum class Classes : std::uint8_t { standard_only, all };

struct SmallWorld {
  std::uint32_t models = 2;
  std::uint32_t requests = 3;  // in all, each for any model
  std::uint32_t workers = 1;
  std::uint32_t selects = 1;  // in all
  // Loads that fail, engines that die, files that are bad, hangs: in all. Each makes the world some times
  // larger.
  std::uint32_t faults = 1;
  std::uint32_t stops = 0;  // whether the server may be told to stop
  sched::Replay replay = sched::Replay::once;
  // Streams wait without a limit here, so that no time-out hides that somebody would wait for ever.
  sched::AnswerMode mode = sched::AnswerMode::whole;
  Classes classes = Classes::standard_only;
  sched::Overlap overlap = sched::Overlap::off;
  std::uint32_t depth_max = 200;          // events in a row
  std::uint64_t states_max = 20'000'000;  // then it stops
};

struct Explored {
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint32_t depth = 0;   // of the last new state
  bool is_complete = false;  // nothing new was left to find
  std::string violation;     // empty: none. The first, so by as few events as can be
  Timeline path;             // to the violation
};

[[nodiscard]] sched::Options options_of(const SmallWorld& world);
// Deterministic.
[[nodiscard]] Explored explore(const SmallWorld& world);

}  // namespace signalbox::simulate
