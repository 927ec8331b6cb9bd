#include "sched/estimates.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox::sched {

Estimates::Estimates(const Options& options) : learning_(Learning::on), models_(options.models.size()) {
  for (std::uint32_t i = 0; i < options.models.size(); ++i) {
    const auto& believed = options.models[i].believed;
    const ModelIndex model(i);
    if (believed.service) note(model, Kind::service, *believed.service);
    if (believed.changeover) note(model, Kind::changeover, *believed.changeover);
    if (believed.tail) note(model, Kind::tail, *believed.tail);
    if (believed.per_token) note(model, Kind::per_token, *believed.per_token);
  }
  learning_ = options.learning;
}

void Estimates::note_service(ModelIndex model, Duration service, std::optional<std::uint32_t> tokens) {
  note(model, Kind::service, service);
  if (tokens && *tokens > 0) note(model, Kind::per_token, service / *tokens);
}

void Estimates::note_changeover(ModelIndex model, Duration changeover) {
  note(model, Kind::changeover, changeover);
}

void Estimates::note_tail(ModelIndex model, Duration tail) {
  note(model, Kind::tail, tail);
}

void Estimates::note(ModelIndex model, Kind kind, Duration measured) {
  SB_ASSERT(to_index(model) < models_.size());
  SB_ASSERT(measured >= Duration{0});
  if (learning_ == Learning::fixed) return;
  auto& average = models_[to_index(model)][static_cast<std::size_t>(kind)];
  if (average.count == 0) ++known_[static_cast<std::size_t>(kind)];
  average.count = std::min(average.count + 1, kAverageWindow);
  const auto before = average.value;
  average.value += (measured - average.value) / average.count;
  sums_[static_cast<std::size_t>(kind)] += average.value - before;
}

std::optional<Duration> Estimates::of(ModelIndex model, Kind kind) const {
  SB_ASSERT(to_index(model) < models_.size());
  const auto& average = models_[to_index(model)][static_cast<std::size_t>(kind)];
  if (average.count > 0) return average.value;
  if (known_[static_cast<std::size_t>(kind)] == 0) return std::nullopt;
  return sums_[static_cast<std::size_t>(kind)] / known_[static_cast<std::size_t>(kind)];
}

Costs Estimates::costs(ModelIndex model) const {
  return {.service = service(model),
          .changeover = changeover(model),
          .tail = tail(model),
          .per_token = per_token(model)};
}

}  // namespace signalbox::sched
