// What an outcome comes to in figures, for each model and in all. Pure. Called by cli/ and by the tests.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "simulate/run.h"

namespace signalbox::simulate {

// Waits are of those who were served, from arrival to start.
struct Figures {
  std::size_t served = 0;
  std::size_t rejected = 0;
  std::size_t unfinished = 0;
  Duration mean{0};
  Duration p50{0};
  Duration p95{0};
  Duration p99{0};
  Duration max{0};
  std::uint64_t switches = 0;  // loads of it, the first one of all among them
  std::size_t estimated = 0;   // of the served: told on arrival how long they would wait
  // Median of the estimates' errors, in thousandths of the wait; 0 if there are none.
  std::int64_t estimate_error_thousandths = 0;
};

struct Summary {
  Figures all;
  std::vector<Figures> models;
  Duration length{0};
  Duration switching{0};

  // Thousandths of the time.
  [[nodiscard]] std::int64_t switching_thousandths() const {
    return length > Duration{0} ? switching * 1000 / length : 0;
  }
};

[[nodiscard]] Summary summarize(const Outcome& outcome);

}  // namespace signalbox::simulate
