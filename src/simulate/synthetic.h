// Workloads that are drawn rather than recorded: random arrivals over models of which some are asked more
// often than others. The same seed gives the same trace on every machine with the same mathematics library.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
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

// `zipf:models=27,requests=10000,rate=2,exponent=1.1,service=3s,variation=exponential,seed=1`; what is not
// named stays at these values. The error says which keys and values are allowed.
[[nodiscard]] Result<Synthetic> parse_synthetic(std::string_view spec);
[[nodiscard]] Trace synthetic_trace(const Synthetic& wanted);

// Any shares of the arrivals in place of Zipf's.
[[nodiscard]] Trace synthetic_trace(const Synthetic& wanted, const std::vector<std::uint64_t>& weights);

}  // namespace signalbox::simulate
