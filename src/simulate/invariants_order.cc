// Who may start before whom: first come first served within a class, those put back in their old places,
// priority first, flex last (rules 3, 5, 7, 11). A request that asks for more places than are free holds up
// those behind it, so nobody passes it but a backfill.
#include <algorithm>
#include <array>
#include <utility>

#include "simulate/invariants.h"

namespace signalbox::simulate {

using namespace sched;

namespace {

const std::size_t kStandard = static_cast<std::size_t>(ServiceClass::standard);
const std::size_t kPriority = static_cast<std::size_t>(ServiceClass::priority);
const std::size_t kFlex = static_cast<std::size_t>(ServiceClass::flex);

// Lower goes first.
int rank_of(ServiceClass service_class) {
  switch (service_class) {
    case ServiceClass::priority:
      return 0;
    case ServiceClass::standard:
      return 1;
    case ServiceClass::flex:
      return 2;
  }
  return 2;
}

}  // namespace

// Who has waited flex_limit counts as a standard one from then on.
void Invariants::promote_flex(TimePoint now) {
  if (options_.flex_limit == Duration{0}) return;
  for (auto& line : lines_) {
    auto& flex = line.of_class[kFlex];
    while (!flex.empty()) {
      auto& oldest = waiting_.at(flex.begin()->second);
      if (now - oldest.arrived < options_.flex_limit) break;
      oldest.service_class = ServiceClass::standard;
      line.of_class[kStandard].insert(flex.extract(flex.begin()));
    }
  }
}

void Invariants::check_order(const KnownRequest& starting) {
  if (engine_->draining) return check_backfill(starting);
  if (starting.replayed) return;
  const auto& line = line_of(starting.model);
  check_own_class(starting, line);
  check_other_classes(starting, line);
}

// While the gate is closed somebody may start out of turn, if the drain need not wait for him.
void Invariants::check_backfill(const KnownRequest& starting) {
  const bool is_served = starting.number <= engine_->served_up_to;
  const bool may_fill = starting.tokens_max && busy_places_ > 0;
  if (!is_served && !may_fill) violate("a request started behind a closed gate");
  if (!is_served || may_fill || starting.replayed) return;
  const auto& own = line_of(starting.model).of_class[static_cast<std::size_t>(starting.service_class)];
  if (!own.empty() && own.begin()->first < starting.number) {
    violate("while draining, an older request of the same class still waits");
  }
}

void Invariants::check_own_class(const KnownRequest& starting, const Line& line) {
  const auto& own = line.of_class[static_cast<std::size_t>(starting.service_class)];
  if (!own.empty() && own.begin()->first < starting.number) {
    violate("an older request of the same class still waits");
  }
  for (const auto& [number, id] : line.put_back) {
    const auto rank = rank_of(waiting_.at(id).service_class);
    if (number < starting.number && rank <= rank_of(starting.service_class))
      violate("a request started before one that was put back");
  }
}

void Invariants::check_other_classes(const KnownRequest& starting, const Line& line) {
  const auto oldest = [&](std::size_t service_class) -> const KnownRequest* {
    const auto& waiters = line.of_class[service_class];
    return waiters.empty() ? nullptr : &waiting_.at(waiters.begin()->second);
  };
  const auto* priority = oldest(kPriority);
  const auto* standard = oldest(kStandard);
  if (starting.service_class == ServiceClass::priority) {
    if (standard != nullptr && standard->arrived + kPriorityLead < starting.arrived) {
      violate("a priority request started before one that is ten minutes older");
    }
    return;
  }
  if (starting.service_class == ServiceClass::flex) {
    if (priority != nullptr || standard != nullptr) violate("a flex request started before others");
    return;
  }
  // Those who were there at ready need not let later ones pass (rule 7).
  const bool may_go_ahead = priority != nullptr && starting.number <= engine_->present_up_to &&
                            priority->number > engine_->present_up_to;
  if (priority != nullptr && !may_go_ahead && priority->arrived < starting.arrived + kPriorityLead) {
    violate("a request started before a priority one");
  }
}

// With the gate open a place is never left empty while the next in line would fit.
void Invariants::check_places_are_used() {
  if (!engine_ || !engine_->ready || engine_->told_to_go || engine_->draining || stop_asked_) return;
  const auto is_broken_off = [](const auto& entry) { return entry.second.broken_off; };
  if (std::ranges::any_of(releasing_, is_broken_off) || std::ranges::any_of(running_, is_broken_off)) {
    return;  // its engine may be dying
  }
  const auto& line = line_of(engine_->model);
  bool somebody_waits = false;
  bool all_heads_fit = true;
  const auto look_at = [&](const KnownRequest& first) {
    somebody_waits = true;
    all_heads_fit = all_heads_fit && busy_places_ + first.places <= engine_->places;
  };
  for (const auto& waiters : line.of_class) {
    if (!waiters.empty()) look_at(waiting_.at(waiters.begin()->second));
  }
  // Those put back stand in one line; the first of each class may be the next.
  std::array<bool, 3> seen{};
  for (const auto& [number, id] : line.put_back) {
    const auto& request = waiting_.at(id);
    if (!std::exchange(seen.at(static_cast<std::size_t>(request.service_class)), true)) look_at(request);
  }
  if (all_heads_fit && somebody_waits)
    violate("a place is free, the gate is open, and the next in line waits");
}

}  // namespace signalbox::simulate
