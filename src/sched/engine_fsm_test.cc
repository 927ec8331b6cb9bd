#include "sched/engine_fsm.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace signalbox::sched {
namespace {

using S = EngineState;
using E = EngineEvent;

// The drawing in engine_fsm.h, written down once more from scheduler.md ("may go to").
const std::map<std::pair<S, E>, S>& drawn() {
  static const std::map<std::pair<S, E>, S> table = {
      {{S::none, E::start_told}, S::loading},    {{S::loading, E::ready_seen}, S::ready},
      {{S::loading, E::kill_told}, S::killing},  {{S::loading, E::exit_seen}, S::none},
      {{S::ready, E::gate_closed}, S::draining}, {{S::ready, E::stop_told}, S::stopping},
      {{S::ready, E::kill_told}, S::killing},    {{S::ready, E::exit_seen}, S::none},
      {{S::draining, E::gate_opened}, S::ready}, {{S::draining, E::stop_told}, S::stopping},
      {{S::draining, E::kill_told}, S::killing}, {{S::draining, E::exit_seen}, S::none},
      {{S::stopping, E::kill_told}, S::killing}, {{S::stopping, E::exit_seen}, S::none},
      {{S::killing, E::exit_seen}, S::none},
  };
  return table;
}

// The shortest way to each state.
EngineFsm brought_to(S state) {
  static const std::map<S, std::vector<E>> ways = {
      {S::none, {}},
      {S::loading, {E::start_told}},
      {S::ready, {E::start_told, E::ready_seen}},
      {S::draining, {E::start_told, E::ready_seen, E::gate_closed}},
      {S::stopping, {E::start_told, E::ready_seen, E::stop_told}},
      {S::killing, {E::start_told, E::kill_told}},
  };
  EngineFsm fsm;
  for (const auto event : ways.at(state)) fsm.apply(event);
  return fsm;
}

TEST(EngineFsm, WalksItsWholeTable) {
  for (const auto state : kEngineStates) {
    for (const auto event : kEngineEvents) {
      SCOPED_TRACE(std::string(name_of(state)) + " + " + std::string(name_of(event)));
      auto fsm = brought_to(state);
      ASSERT_EQ(fsm.state(), state);
      const auto row = drawn().find({state, event});
      if (row == drawn().end()) {
        EXPECT_EQ(next_state(state, event), std::nullopt);
      } else {
        EXPECT_EQ(next_state(state, event), row->second);
        fsm.apply(event);
        EXPECT_EQ(fsm.state(), row->second);
      }
    }
  }
}

TEST(EngineFsm, HasNoRowBesidesTheDrawnOnes) {
  EXPECT_EQ(kEngineTransitions.size(), drawn().size());
}

TEST(EngineFsm, BeginsWithoutAnEngine) {
  EXPECT_EQ(EngineFsm().state(), S::none);
}

TEST(EngineFsm, NamesEveryStateAndEvent) {
  std::string names;
  for (const auto state : kEngineStates) names.append(name_of(state)).append(" ");
  EXPECT_EQ(names, "none loading ready draining stopping killing ");
  names.clear();
  for (const auto event : kEngineEvents) names.append(name_of(event)).append(" ");
  EXPECT_EQ(names, "start_told ready_seen gate_closed gate_opened stop_told kill_told exit_seen ");
}

TEST(EngineFsmDeathTest, AbortsOnAMoveThatIsNotInTheTable) {
  EXPECT_DEATH(EngineFsm().apply(E::ready_seen), "next.has_value");
}

}  // namespace
}  // namespace signalbox::sched
