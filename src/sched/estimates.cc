#include "sched/estimates.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox::sched {

void Averages::note(ModelIndex model, Duration measured) {
  SB_ASSERT(to_index(model) < models_.size());
  SB_ASSERT(measured >= Duration{0});
  auto& average = models_[to_index(model)];
  if (average.count == 0) ++known_;
  average.count = std::min(average.count + 1, kAverageWindow);
  const auto before = average.value;
  average.value += (measured - average.value) / average.count;
  sum_ += average.value - before;
}

std::optional<Duration> Averages::of(ModelIndex model) const {
  SB_ASSERT(to_index(model) < models_.size());
  const auto& average = models_[to_index(model)];
  if (average.count > 0) return average.value;
  return known_ > 0 ? std::optional(sum_ / known_) : std::nullopt;
}

Estimates::Estimates(const Options& options)
    : learning_(options.learning),
      service_(options.models.size()),
      changeover_(options.models.size()),
      tail_(options.models.size()),
      stay_(options.models.size()),
      per_token_(options.models.size()) {
  for (std::uint32_t i = 0; i < options.models.size(); ++i) {
    const auto& believed = options.models[i].believed;
    const ModelIndex model(i);
    if (believed.service) service_.note(model, *believed.service);
    if (believed.changeover) changeover_.note(model, *believed.changeover);
    if (believed.tail) tail_.note(model, *believed.tail);
    if (believed.per_token) per_token_.note(model, *believed.per_token);
  }
}

void Estimates::note_service(ModelIndex model, Duration service, std::optional<std::uint32_t> tokens) {
  if (learning_ == Learning::fixed) return;
  service_.note(model, service);
  if (tokens && *tokens > 0) per_token_.note(model, service / *tokens);
}

void Estimates::note_changeover(ModelIndex model, Duration changeover) {
  if (learning_ == Learning::on) changeover_.note(model, changeover);
}

void Estimates::note_tail(ModelIndex model, Duration tail) {
  if (learning_ == Learning::on) tail_.note(model, tail);
}

void Estimates::note_stay(ModelIndex model, Duration stay) {
  if (learning_ == Learning::on) stay_.note(model, stay);
}

Costs Estimates::costs(ModelIndex model) const {
  return {.service = service(model),
          .changeover = changeover(model),
          .tail = tail(model),
          .per_token = per_token(model)};
}

}  // namespace signalbox::sched
