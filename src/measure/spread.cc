#include "measure/spread.h"

#include <algorithm>
#include <span>

namespace signalbox::measure {
namespace {

// Precondition: not empty.
Duration quantile(std::span<const Duration> sorted, std::size_t hundredths) {
  const std::size_t at = (sorted.size() - 1) * hundredths;
  const std::size_t below = at / 100;
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * static_cast<std::int64_t>(at % 100) / 100;
}

}  // namespace

Spread spread_of(std::vector<Duration> durations) {
  if (durations.empty()) return {};
  std::ranges::sort(durations);
  return {.count = durations.size(),
          .min = durations.front(),
          .p10 = quantile(durations, 10),
          .median = quantile(durations, 50),
          .p90 = quantile(durations, 90),
          .p95 = quantile(durations, 95),
          .p99 = quantile(durations, 99),
          .max = durations.back()};
}

}  // namespace signalbox::measure
