#include "measure/mixed.h"

#include <random>

#include <fmt/format.h>

#include "base/assert.h"
#include "simulate/draw.h"

namespace signalbox::measure {
namespace {

constexpr std::uint64_t kMicrosecondsInThousandSeconds = 1'000'000'000;

void count(MixedFigures& figures, const Sample& sample) {
  ++figures.asked;
  switch (sample.ending) {
    case Ending::whole:
      ++figures.whole;
      return;
    case Ending::rejected:
      ++figures.rejected;
      return;
    case Ending::silent:
      ++figures.silent;
      break;
    case Ending::late:
      ++figures.late;
      break;
    case Ending::empty:
    case Ending::failed:
      ++figures.failed;
      break;
  }
  if (figures.first_trouble.empty()) figures.first_trouble = sample.trouble;
}

template <class IsWanted>
MixedFigures figures_of_those(const std::vector<MixedRecord>& records, IsWanted is_wanted) {
  MixedFigures figures;
  std::vector<Duration> first_tokens;
  std::vector<Duration> totals;
  for (const auto& record : records) {
    if (!is_wanted(record)) continue;
    count(figures, record.sample);
    if (record.sample.ending != Ending::whole) continue;
    first_tokens.push_back(record.sample.first_token.value_or(record.sample.total));
    totals.push_back(record.sample.total);
  }
  figures.first_token = spread_of(std::move(first_tokens));
  figures.total = spread_of(std::move(totals));
  return figures;
}

}  // namespace

std::vector<Arrival> arrivals_of(const MixedPlan& plan) {
  SB_ASSERT(!plan.models.empty() && plan.rate_thousandths > 0 && plan.tokens_max > 0);
  std::mt19937_64 random(plan.seed);
  const Duration mean(static_cast<std::int64_t>(kMicrosecondsInThousandSeconds / plan.rate_thousandths));
  std::vector<Arrival> arrivals;
  arrivals.reserve(plan.requests);
  Duration at{0};
  for (std::size_t i = 0; i < plan.requests; ++i) {
    const std::size_t model = random() % plan.models.size();
    const auto tokens = static_cast<std::uint32_t>(random() % plan.tokens_max + 1);
    arrivals.push_back({.at = at,
                        .model = model,
                        .ask = {.model = plan.models[model],
                                .messages = {{.role = "user",
                                              .content = fmt::format("Tell me a story about the number {}.",
                                                                     random() % 1000)}},
                                .tokens_max = tokens}});
    at += simulate::draw_exponential(random, mean);
  }
  return arrivals;
}

MixedFigures figures_of(const std::vector<MixedRecord>& records) {
  return figures_of_those(records, [](const MixedRecord&) { return true; });
}

MixedFigures figures_of(const std::vector<MixedRecord>& records, std::size_t model) {
  return figures_of_those(records, [model](const MixedRecord& record) { return record.model == model; });
}

}  // namespace signalbox::measure
