#include "simulate/summary.h"

#include <algorithm>
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

}  // namespace

Summary summarize(const Outcome& outcome) {
  Summary summary;
  summary.length = outcome.length;
  summary.switching = outcome.switching;
  summary.models.resize(outcome.loads.size());
  std::vector<std::vector<Duration>> waits(outcome.loads.size());
  std::vector<Duration> all;
  for (const auto& request : outcome.requests) {
    auto& model = summary.models[to_index(request.model)];
    if (request.fate == Fate::rejected) ++model.rejected;
    if (request.fate == Fate::unfinished) ++model.unfinished;
    if (request.fate != Fate::served) continue;
    waits[to_index(request.model)].push_back(request.wait);
    all.push_back(request.wait);
  }
  for (std::size_t i = 0; i < waits.size(); ++i) {
    auto& model = summary.models[i];
    take_waits(model, waits[i]);
    model.switches = outcome.loads[i];
    summary.all.rejected += model.rejected;
    summary.all.unfinished += model.unfinished;
    summary.all.switches += model.switches;
  }
  take_waits(summary.all, all);
  return summary;
}

}  // namespace signalbox::simulate
