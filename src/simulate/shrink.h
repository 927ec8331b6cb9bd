// Makes a failing run short: leaves out what the failure does not need, first in large pieces, then one by
// one (delta debugging), then brings limits back to their defaults. Knows nothing of what a failure is: that
// the caller says. `text_of` writes the rest as a unit test to paste.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sched/options.h"
#include "simulate/timeline.h"

namespace signalbox::simulate {

struct Recording {
  sched::Options options;
  Timeline timeline;
};

// Whether this run still fails, and in the same way.
using StillFails = std::function<bool(const Recording&)>;

inline constexpr std::uint32_t kTrialsMax = 20'000;

struct Shrunk {
  Recording run;
  std::uint32_t trials = 0;
};

// Precondition: `run` fails. At most `trials_max` trials.
[[nodiscard]] Shrunk shrink(Recording run, const StillFails& still_fails,
                            std::uint32_t trials_max = kTrialsMax);

// As C++, to paste among the tests of sched/.
[[nodiscard]] std::string text_of(const Recording& run, const std::string& test_name);
[[nodiscard]] std::string text_of(const Moment& moment);

}  // namespace signalbox::simulate
