// What decides, as bytes: for exploring every small world (scheduler.h, fingerprint). Left out: what only
// counts or is only shown (numbers of loads, error texts, the time a switch began).
#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "sched/state.h"

namespace signalbox::sched {

namespace {

class Fingerprint {
 public:
  Fingerprint(TimePoint now, Duration age_max) : now_(now), age_max_(age_max) {}

  template <class Number>
    requires(std::is_integral_v<Number> || std::is_enum_v<Number>)
  void put(Number number) {
    auto rest = static_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < sizeof(rest); ++i) {  // little-endian, trailing zeros cut
      if (rest == 0) break;
      bytes_.push_back(static_cast<char>(rest & 0xFFU));
      rest >>= 8U;
    }
    bytes_.push_back('|');
  }
  template <class Tag, class Number>
  void put(Id<Tag, Number> id) {
    put(id.value());
  }
  void put(Duration duration) { put(duration.count()); }
  // A time that has passed.
  void put_age(TimePoint since) { put(std::min(now_ - since, age_max_)); }
  // A time that may be to come; all that have passed are alike.
  void put_due(std::optional<TimePoint> at) {
    put_if(at, [this](TimePoint t) { put(std::max(t - now_, Duration{0})); });
  }

  template <class Value, class Put>
  void put_if(const std::optional<Value>& value, Put put_value) {
    put(value.has_value());
    if (value) put_value(*value);
  }
  template <class Value>
  void put_if(const std::optional<Value>& value) {
    put_if(value, [this](const Value& there) { put(there); });
  }

  std::string take() { return std::move(bytes_); }

 private:
  TimePoint now_;
  Duration age_max_;
  std::string bytes_;
};

void put_request(Fingerprint& to, const Request& request, Learning learning) {
  to.put(request.id);
  to.put(request.model);
  to.put(request.places);
  to.put_age(request.arrived);
  to.put(request.service_class);
  to.put(request.patience);
  to.put_if(request.tokens_max);
  to.put(request.phase);
  to.put_due(request.deadline);
  to.put(request.answer_began);
  to.put(request.answer_lost);
  to.put(request.was_replayed);
  to.put(request.engine_broke);
  to.put_due(request.predicted_end);
  if (request.phase == Phase::running && learning == Learning::on) to.put_age(request.started);
}

}  // namespace

std::string Scheduler::State::fingerprint(TimePoint now, Duration age_max) const {
  Fingerprint to(now, age_max);
  const auto in_order = requests_.in_order();
  // Of an admission number only its place among those who are here matters.
  const auto put_number = [&](std::uint64_t number) {
    to.put(std::ranges::count_if(in_order, [=](const Request* r) { return r->number <= number; }));
  };
  to.put(in_order.size());
  for (const auto* request : in_order) put_request(to, *request, options_.learning);

  to.put(engine_state());
  if (engine_state() != EngineState::none) {
    to.put(engine_.model);
    to.put_due(engine_.deadline);
    to.put_age(engine_.start_told);
    to.put_if(engine_.progress_thousandths);
    to.put(engine_.kill_cause);
    to.put(engine_.owes_jitter);
  }
  if (active_model()) {
    const auto& visit = engine_.visit;
    to.put(engine_.places);
    to.put_age(visit.ready_at);
    to.put(visit.min_visit);
    put_number(visit.present_up_to);
    to.put(visit.summons);
    if (options_of(engine_.model).idle_unload > Duration{0}) to.put_age(visit.idle_since);
    if (options_.learning == Learning::on) {
      to.put_if(visit.last_start, [&](TimePoint t) { to.put_age(t); });
      to.put_if(visit.emptied, [&](TimePoint t) { to.put_age(t); });
    }
    if (engine_state() == EngineState::draining) put_number(engine_.serve_up_to);
  }
  to.put_if(successor_, [&](const Engine& next) {
    to.put(next.fsm.state());
    to.put(next.model);
    to.put_due(next.deadline);
    to.put_age(next.start_told);
    to.put_if(next.ready_seen, [&](TimePoint t) { to.put_age(t); });
    to.put_if(next.progress_thousandths);
    to.put(next.slots);
  });
  to.put_if(switch_, [&](const Switch& change) {
    to.put_if(change.from);
    to.put(change.to);
    to.put(change.cause);
    to.put_if(change.stop_told, [&](TimePoint t) { to.put_age(t); });
    to.put(change.exit_seen.has_value());
    to.put(change.file_is_good);
    to.put(change.memory_was_asked);
  });
  to.put_if(check_, [&](const FileCheck& check) {
    to.put(check.model);
    to.put_due(check.deadline);
  });
  to.put_if(selected_);
  to.put_if(default_);
  to.put_if(died_);
  to.put(previous_load_was_abandoned_);
  to.put(last_life_failed_);
  to.put(shutting_down_);
  to.put(stopped_);
  if (shutting_down_) to.put_due(grace_ends_);
  for (std::uint32_t i = 0; i < records_.size(); ++i) {
    const auto& known = records_[i];
    to.put_due(known.quarantine.until());
    to.put(known.quarantine.back_off());
    to.put_if(known.slots);
    to.put_if(known.last_load);
    to.put(known.early_deaths);
    to.put(known.waiters_left > 0);  // rule 12 asks for no more
    to.put(known.waiters_timed_out > 0);
    to.put(known.check_is_out);
    const auto costs = estimates_.costs(ModelIndex(i));
    for (const auto& cost : {costs.service, costs.changeover, costs.tail, costs.per_token}) to.put_if(cost);
  }
  return to.take();
}

}  // namespace signalbox::sched
