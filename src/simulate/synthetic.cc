#include "simulate/synthetic.h"

#include <random>

#include "base/assert.h"
#include "simulate/draw.h"

namespace signalbox::simulate {

Trace synthetic_trace(const Synthetic& wanted) {
  const auto exponent = static_cast<double>(wanted.exponent_thousandths) / 1000;
  return synthetic_trace(wanted, zipf_weights(wanted.models, exponent));
}

Trace synthetic_trace(const Synthetic& wanted, const std::vector<std::uint64_t>& weights) {
  SB_ASSERT(weights.size() == wanted.models && wanted.rate_thousandths > 0);
  std::mt19937_64 random(wanted.seed);
  const WeightedDraw draw_model(weights);
  const Duration gap(1'000'000'000 / static_cast<std::int64_t>(wanted.rate_thousandths));
  Trace trace;
  trace.models = model_names(wanted.models);
  trace.requests.reserve(wanted.requests);
  Duration now{0};
  for (std::uint64_t i = 0; i < wanted.requests; ++i) {
    now += draw_exponential(random, gap);
    const ModelIndex model(draw_model(random));
    const bool varies = wanted.variation == Variation::exponential;
    const auto service = varies ? draw_exponential(random, wanted.service) : wanted.service;
    trace.requests.push_back({.arrived = now, .model = model, .service = service});
  }
  return trace;
}

}  // namespace signalbox::simulate
