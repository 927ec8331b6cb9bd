#include "simulate/summary.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>

namespace signalbox::simulate {
namespace {

// sorted[floor(share x n)], the definition that the published figures use.
Duration percentile(std::span<const Duration> sorted, std::size_t hundredths) {
  return sorted[std::min(sorted.size() * hundredths / 100, sorted.size() - 1)];
}

void take_waits(Figures& figures, std::vector<Duration>& waits) {
  figures.served = waits.size();
  if (waits.empty()) return;
  std::ranges::sort(waits);
  Duration sum{0};
  for (const auto wait : waits) sum += wait;
  figures.mean = sum / static_cast<std::int64_t>(waits.size());
  figures.p50 = percentile(waits, 50);
  figures.p95 = percentile(waits, 95);
  figures.p99 = percentile(waits, 99);
  figures.max = waits.back();
}

void take_errors(Figures& figures, std::vector<std::int64_t>& errors) {
  figures.estimated = errors.size();
  if (errors.empty()) return;
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::ranges::nth_element(errors, middle);
  figures.estimate_error_thousandths = *middle;
}

// None for a wait too short to be measured against.
std::optional<std::int64_t> error_thousandths(const RequestRecord& request) {
  if (!request.estimate || request.wait == Duration{0}) return std::nullopt;
  return std::abs((*request.estimate - request.wait).count()) * 1000 / request.wait.count();
}

}  // namespace

Summary summarize(const Outcome& outcome) {
  Summary summary;
  summary.length = outcome.length;
  summary.switching = outcome.switching;
  summary.models.resize(outcome.loads.size());
  std::vector<std::vector<Duration>> waits(outcome.loads.size());
  std::vector<Duration> all;
  std::vector<std::vector<std::int64_t>> errors(outcome.loads.size());
  std::vector<std::int64_t> all_errors;
  for (const auto& request : outcome.requests) {
    auto& model = summary.models[to_index(request.model)];
    if (request.fate == Fate::rejected) ++model.rejected;
    if (request.fate == Fate::unfinished) ++model.unfinished;
    if (request.fate != Fate::served) continue;
    waits[to_index(request.model)].push_back(request.wait);
    all.push_back(request.wait);
    if (const auto error = error_thousandths(request)) {
      errors[to_index(request.model)].push_back(*error);
      all_errors.push_back(*error);
    }
  }
  for (std::size_t i = 0; i < waits.size(); ++i) {
    auto& model = summary.models[i];
    take_waits(model, waits[i]);
    take_errors(model, errors[i]);
    model.switches = outcome.loads[i];
    summary.all.rejected += model.rejected;
    summary.all.unfinished += model.unfinished;
    summary.all.switches += model.switches;
  }
  take_waits(summary.all, all);
  take_errors(summary.all, all_errors);
  return summary;
}

}  // namespace signalbox::simulate
