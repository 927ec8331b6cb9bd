#include "simulate/draw.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox::simulate {
namespace {

constexpr double kHeaviest = 1e9;  // 10,000 of them fit 64 bits with room to spare
constexpr std::uint64_t kDrawSteps = std::uint64_t{1} << 53;

}  // namespace

Duration draw_exponential(std::mt19937_64& random, Duration mean) {
  // From (0, 1]: never the logarithm of zero.
  const double uniform = static_cast<double>(random() % kDrawSteps + 1) / static_cast<double>(kDrawSteps);
  const double drawn = -std::log(uniform) * static_cast<double>(mean.count());
  return std::max(Duration(std::llround(drawn)), Duration(1));
}

WeightedDraw::WeightedDraw(const std::vector<std::uint64_t>& weights) {
  SB_ASSERT(!weights.empty());
  std::uint64_t sum = 0;
  for (const auto weight : weights) {
    SB_ASSERT(weight > 0);
    sum += weight;
    sums_.push_back(sum);
  }
}

std::uint32_t WeightedDraw::operator()(std::mt19937_64& random) const {
  const auto at = random() % sums_.back();
  return static_cast<std::uint32_t>(std::ranges::upper_bound(sums_, at) - sums_.begin());
}

std::vector<std::uint64_t> zipf_weights(std::size_t count, double exponent) {
  std::vector<std::uint64_t> weights;
  weights.reserve(count);
  for (std::size_t rank = 1; rank <= count; ++rank) {
    const double weight = kHeaviest / std::pow(static_cast<double>(rank), exponent);
    weights.push_back(static_cast<std::uint64_t>(std::max(weight, 1.0)));
  }
  return weights;
}

std::vector<std::string> model_names(std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 1; i <= count; ++i) names.push_back(fmt::format("model-{}", i));
  return names;
}

}  // namespace signalbox::simulate
