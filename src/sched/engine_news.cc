// News of engines and model files: progress, ready, exit, check (rules 8, 10, 11). News of an engine that is
// not the present one is dropped: it carries another epoch.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "sched/scaled.h"
#include "sched/state.h"

namespace signalbox::sched {

void Scheduler::State::on(const EngineProgressed& news) {
  if (successor_progressed(news)) return;
  if (engine_state() != EngineState::loading || news.epoch != engine_.epoch) return;
  engine_.deadline = now_ + options_of(engine_.model).load_timeout;
  if (news.progress_thousandths) {
    engine_.progress_thousandths = std::min<std::uint32_t>(*news.progress_thousandths, 1000);
  }
}

void Scheduler::State::on(const EngineReady& news) {
  if (successor_ready(news)) return;
  if (engine_state() != EngineState::loading || news.epoch != engine_.epoch) return;
  engine_.fsm.apply(EngineEvent::ready_seen);
  engine_.deadline.reset();
  engine_.progress_thousandths.reset();
  engine_.ready_seen = now_;
  engine_.slots = news.slots;
  become_ready();
}

void Scheduler::State::become_ready() {
  SB_ASSERT(switch_ && switch_->to == engine_.model);
  previous_load_was_abandoned_ = false;
  last_life_failed_ = false;
  if (last_error_) ++errors_noted_;
  last_error_.reset();
  measure_load();
  begin_visit();
}

void Scheduler::State::measure_load() {
  auto& model = record(engine_.model);
  const auto load = *engine_.ready_seen - engine_.start_told;
  ++model.loads;
  model.last_load = load;
  ++models_revision_;
  estimates_.note_changeover(engine_.model, now_ - switch_->stop_told.value_or(engine_.start_told));
  if (model.last_error) ++errors_noted_;
  model.last_error.reset();

  SwitchFinished finished{.from = switch_->from, .to = engine_.model, .epoch = engine_.epoch};
  finished.load = now_ - std::max(engine_.start_told, switch_->exit_seen.value_or(engine_.start_told));
  finished.overlap = load - finished.load;
  finished.total = now_ - switch_->began;
  if (switch_->stop_told) {
    finished.drain = *switch_->stop_told - switch_->began;
    finished.stop = *switch_->exit_seen - *switch_->stop_told;
  }
  emit(finished);
}

void Scheduler::State::begin_visit() {
  const auto model = engine_.model;
  record(model).slots = std::max<std::uint32_t>(engine_.slots, 1);
  engine_.places = places_of(model);
  const bool was_selected = selected_ == model;
  const auto pays_for =
      estimates_.changeover(model).value_or(Duration{0}) + estimates_.tail(model).value_or(Duration{0});
  engine_.visit = Visit{.ready_at = now_,
                        .min_visit = scaled(pays_for, options_.min_visit_thousandths),
                        .present_up_to = requests_.last_number(),
                        .summons = was_selected ? Summons::select : Summons::demand,
                        .switch_duration = now_ - switch_->began,
                        .idle_since = now_};
  if (was_selected) selected_.reset();
  switch_.reset();
  account_for(model);
  // The engine may have come up with fewer slots than its configuration promised.
  for (const auto id : requests_.waiting_for(model)) {
    if (requests_.find(id)->places > engine_.places) refuse(id, Refusal::too_many_places, Duration{0}, "");
  }
}

void Scheduler::State::on(const EngineExited& news) {
  if (successor_exited(news)) return;
  if (engine_state() == EngineState::none || news.epoch != engine_.epoch) return;
  take_exit(news);
  if (successor_) promote_successor();
}

void Scheduler::State::take_exit(const EngineExited& news) {
  const auto before = engine_state();
  const auto model = engine_.model;
  const bool owes_jitter = std::exchange(engine_.owes_jitter, false);
  engine_.fsm.apply(EngineEvent::exit_seen);
  account_for(engine_.model);
  engine_.deadline.reset();
  engine_.progress_thousandths.reset();
  if (switch_ && before != EngineState::loading) {
    if (!switch_->stop_told) switch_->stop_told = now_;
    switch_->exit_seen = now_;
  }
  switch (before) {
    case EngineState::loading:
      previous_load_was_abandoned_ = false;
      end_switch(SwitchEnd::failed, news.reason);
      fail_load(model, news.reason, news.jitter_thousandths);
      return;
    case EngineState::ready:
    case EngineState::draining:
      abort_running(Abort::engine_died, news.reason);
      note_death(news.reason, news.jitter_thousandths);
      return;
    case EngineState::killing:
      if (owes_jitter) record(model).quarantine.spread(now_, news.jitter_thousandths);
      return;
    case EngineState::none:
    case EngineState::stopping:
      return;
  }
}

void Scheduler::State::on(const ModelFileChecked& news) {
  record(news.model).check_is_out = false;
  if (!check_ || check_->model != news.model) return;  // nobody is interested any more
  check_.reset();
  if (news.problem) {
    fail_check(news.model, *news.problem, news.jitter_thousandths);
  } else {
    good_file_ = news.model;  // pump makes the choice again
  }
}

void Scheduler::State::fail_load(ModelIndex model, const std::string& reason,
                                 std::uint32_t jitter_thousandths) {
  last_life_failed_ = true;
  note_error(model, reason);
  quarantine(model, jitter_thousandths);
}

void Scheduler::State::fail_check(ModelIndex model, const std::string& reason,
                                  std::uint32_t jitter_thousandths) {
  if (engine_state() == EngineState::none && switch_ && switch_->to == model) {
    end_switch(SwitchEnd::failed, reason);
  } else {
    emit(SwitchFailed{.from = active_model(), .to = model, .reason = reason});
  }
  if (engine_state() == EngineState::none) last_life_failed_ = true;
  note_error(model, reason);
  quarantine(model, jitter_thousandths);
}

void Scheduler::State::note_death(const std::string& reason, std::uint32_t jitter_thousandths) {
  auto& model = record(engine_.model);
  died_ = engine_.model;
  last_life_failed_ = true;
  note_visit_length();
  const bool is_early = now_ - engine_.visit.ready_at < kProven;
  const bool is_one_too_many = is_early && ++model.early_deaths >= kEarlyDeathsMax;
  if (!is_one_too_many) return note_error(engine_.model, reason);
  note_error(engine_.model, fmt::format("its engine died {} times soon after it was ready, at last: {}",
                                        model.early_deaths, reason));
  quarantine(engine_.model, jitter_thousandths);
}

void Scheduler::State::note_visit_length() {
  if (now_ - engine_.visit.ready_at < kProven) return;
  lift_quarantine(engine_.model);
  record(engine_.model).early_deaths = 0;
}

void Scheduler::State::note_error(ModelIndex model, const std::string& reason) {
  ++errors_noted_;
  last_error_ = reason;
  record(model).last_error = reason;
}

void Scheduler::State::quarantine(ModelIndex model, std::uint32_t jitter_thousandths) {
  record(model).quarantine.begin(now_, jitter_thousandths);
  if (std::ranges::find(quarantined_, model) == quarantined_.end()) quarantined_.push_back(model);
  ++models_revision_;
  if (selected_ == model) selected_.reset();
  if (default_ == model) default_.reset();
  refuse_waiters(model, Refusal::model_load_failed, record(model).last_error.value_or(""));
}

void Scheduler::State::lift_quarantine(ModelIndex model) {
  record(model).quarantine.reset();
  end_quarantines();
}

}  // namespace signalbox::sched
