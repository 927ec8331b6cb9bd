// Random draws that are the same on every machine with the same seed: the standard's distributions are not.
// Floating point only shapes what is drawn beforehand and decides nothing later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/time.h"

namespace signalbox::simulate {

// Exponential with that mean, rounded to a microsecond, at least one.
[[nodiscard]] Duration draw_exponential(std::mt19937_64& random, Duration mean);

// Draws a place with a chance in proportion to its weight.
class WeightedDraw {
 public:
  // Precondition: at least one weight, none of them 0, their sum fits.
  explicit WeightedDraw(const std::vector<std::uint64_t>& weights);
  [[nodiscard]] std::uint32_t operator()(std::mt19937_64& random) const;

 private:
  std::vector<std::uint64_t> sums_;
};

// Weights of Zipf's law, 1/1, 1/2^exponent, ... as whole numbers.
[[nodiscard]] std::vector<std::uint64_t> zipf_weights(std::size_t count, double exponent);

// model-1, model-2, ...
[[nodiscard]] std::vector<std::string> model_names(std::size_t count);

}  // namespace signalbox::simulate
