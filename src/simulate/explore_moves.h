// What may happen next in a small world. Only for explore.cc.
#pragma once

#include <vector>

#include "sched/event.h"
#include "simulate/explore.h"
#include "simulate/invariants.h"

namespace signalbox::simulate {

// What the world may still do; each move takes some of it.
struct Budget {
  std::uint32_t arrivals = 0;  // so far
  std::uint32_t selects = 0;   // left
  std::uint32_t faults = 0;    // left
  std::uint32_t stops = 0;     // left
};

struct Move {
  sched::Event event;
  Budget after;
};

// Whether this comes by itself where nothing fails and nobody leaves.
[[nodiscard]] bool is_healthy(const sched::Event& event, const Invariants& known);

// All but the passing of time.
[[nodiscard]] std::vector<Move> moves(const SmallWorld& world, const Invariants& known, const Budget& budget);

}  // namespace signalbox::simulate
