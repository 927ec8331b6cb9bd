// Carries out one drawn fault run and checks what must hold after it. Called by random_test.cc; several may
// run at once, each on a thread of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <ostream>

#include "faults/random_plan.h"

namespace signalbox::test {

// What became of all clients of all runs: a suite in which everything is refused has tested nothing.
struct RunCounts {
  std::array<std::atomic<std::uint64_t>, 5> endings{};  // by How
  std::atomic<std::uint64_t> left = 0;
  std::atomic<std::uint64_t> replayed = 0;
  std::atomic<std::uint64_t> mischief = 0;
};
void PrintTo(const RunCounts& counts, std::ostream* out);

// Says what is wrong through GoogleTest; the caller has put the seed into a SCOPED_TRACE.
void carry_out(const RunPlan& plan, RunCounts& counts);

}  // namespace signalbox::test
