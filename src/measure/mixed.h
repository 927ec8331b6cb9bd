// Requests for several models that come at random, whether or not earlier ones are answered: which come when,
// and what they came to. Pure; the same seed gives the same requests. cli/ sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "measure/sample.h"
#include "measure/spread.h"

namespace signalbox::measure {

struct MixedPlan {
  std::vector<std::string> models;  // each as often as the others
  std::size_t requests = 1;
  std::uint64_t rate_thousandths = 1000;  // requests in a thousand seconds, of all models; not 0
  std::uint32_t tokens_max = 64;          // each answer may have from one token to this many
  std::uint64_t seed = 1;
};

struct Arrival {
  Duration at{0};  // since the beginning
  std::size_t model = 0;
  Ask ask{};
};

// In the order of their times: Poisson's.
[[nodiscard]] std::vector<Arrival> arrivals_of(const MixedPlan& plan);

struct MixedRecord {
  Duration at{0};
  std::size_t model = 0;
  Sample sample{};
};

// The times are of whole answers.
struct MixedFigures {
  std::size_t asked = 0;
  std::size_t whole = 0;
  std::size_t rejected = 0;
  std::size_t failed = 0;  // empty ones among them
  std::size_t silent = 0;
  std::size_t late = 0;
  Spread first_token{};
  Spread total{};
  std::string first_trouble{};  // of what is neither whole nor rejected

  [[nodiscard]] bool has_failures() const { return failed + silent + late > 0; }
};

[[nodiscard]] MixedFigures figures_of(const std::vector<MixedRecord>& records);
[[nodiscard]] MixedFigures figures_of(const std::vector<MixedRecord>& records, std::size_t model);

}  // namespace signalbox::measure
