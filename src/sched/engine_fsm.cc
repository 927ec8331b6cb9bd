#include "sched/engine_fsm.h"

#include <cstddef>

#include "base/assert.h"

namespace signalbox::sched {

namespace {

constexpr bool pairs_are_unique() {
  for (std::size_t i = 0; i < kEngineTransitions.size(); ++i) {
    for (std::size_t j = i + 1; j < kEngineTransitions.size(); ++j) {
      if (kEngineTransitions[i].from == kEngineTransitions[j].from &&
          kEngineTransitions[i].event == kEngineTransitions[j].event) {
        return false;
      }
    }
  }
  return true;
}

using Reached = std::array<bool, kEngineStates.size()>;

constexpr Reached reached_from(EngineState start) {
  Reached reached{};
  reached[static_cast<std::size_t>(start)] = true;
  // Each round reaches at least one more state or is the last that matters.
  for (std::size_t round = 0; round < kEngineStates.size(); ++round) {
    for (const auto& row : kEngineTransitions) {
      if (reached[static_cast<std::size_t>(row.from)]) reached[static_cast<std::size_t>(row.to)] = true;
    }
  }
  return reached;
}

constexpr bool all_are_reached() {
  for (const bool reached : reached_from(EngineState::none)) {
    if (!reached) return false;
  }
  return true;
}

constexpr bool no_dead_end() {
  for (const auto state : kEngineStates) {
    if (!reached_from(state)[static_cast<std::size_t>(EngineState::none)]) return false;
  }
  return true;
}

// An engine may go at any time without being asked; a state that cannot take that would lose its exit.
constexpr bool every_engine_may_exit() {
  for (const auto state : kEngineStates) {
    if (state != EngineState::none && next_state(state, EngineEvent::exit_seen) != EngineState::none)
      return false;
  }
  return true;
}

static_assert(pairs_are_unique(), "one state and one event lead to one state");
static_assert(all_are_reached(), "a state that nothing leads to");
static_assert(no_dead_end(), "a state without a way back to none");
static_assert(every_engine_may_exit(), "a state in which an exit is not understood");

}  // namespace

std::string_view name_of(EngineState state) {
  switch (state) {
    case EngineState::none:
      return "none";
    case EngineState::loading:
      return "loading";
    case EngineState::ready:
      return "ready";
    case EngineState::draining:
      return "draining";
    case EngineState::stopping:
      return "stopping";
    case EngineState::killing:
      return "killing";
  }
  return "?";
}

std::string_view name_of(EngineEvent event) {
  switch (event) {
    case EngineEvent::start_told:
      return "start_told";
    case EngineEvent::ready_seen:
      return "ready_seen";
    case EngineEvent::gate_closed:
      return "gate_closed";
    case EngineEvent::gate_opened:
      return "gate_opened";
    case EngineEvent::stop_told:
      return "stop_told";
    case EngineEvent::kill_told:
      return "kill_told";
    case EngineEvent::exit_seen:
      return "exit_seen";
  }
  return "?";
}

void EngineFsm::apply(EngineEvent event) {
  const auto next = next_state(state_, event);
  SB_ASSERT(next.has_value());
  state_ = *next;
}

}  // namespace signalbox::sched
