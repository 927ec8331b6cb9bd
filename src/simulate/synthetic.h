// A trace that is drawn rather than recorded: random arrivals over models of which some are asked more often
// than others. The same seed gives the same trace on every machine with the same mathematics library. Its
// text form is in spec.h.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "simulate/trace.h"

namespace signalbox::simulate {

enum class Variation { exponential, fixed };  // of service times around their mean

struct Synthetic {
  std::uint32_t models = 27;
  std::uint64_t requests = 10'000;
  std::uint64_t rate_thousandths = 2000;      // requests in a thousand seconds, of all models
  std::uint64_t exponent_thousandths = 1100;  // of Zipf's law; 0: all models alike
  Duration service = std::chrono::seconds(3);
  Variation variation = Variation::exponential;
  std::uint64_t seed = 1;
};

[[nodiscard]] Trace synthetic_trace(const Synthetic& wanted);
// Any shares of the arrivals in place of Zipf's, one for each model.
[[nodiscard]] Trace synthetic_trace(const Synthetic& wanted, const std::vector<std::uint64_t>& weights);

}  // namespace signalbox::simulate
