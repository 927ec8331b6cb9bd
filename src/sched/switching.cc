// From one engine to the next: the choice, the gate, drain, stop, start, kill (rules 4, 6, 9, 10, 12, 13, 14,
// 17).
#include <utility>

#include "base/assert.h"
#include "sched/state.h"

namespace signalbox::sched {

bool Scheduler::State::advance_none() {
  if (shutting_down_) return false;
  const auto choice = choice_from_none();
  if (!choice) {
    end_switch(SwitchEnd::called_off, "nobody waits for it any more");
    return false;
  }
  if (!switch_) {
    begin_switch(std::nullopt, choice->to, choice->cause);
  } else if (switch_->to != choice->to) {
    retarget(choice->to, choice->cause);
  }
  if (!switch_->file_is_good && !file_is_good(choice->to)) return false;
  start_engine(choice->to);
  return true;
}

bool Scheduler::State::advance_loading() {
  if (shutting_down_) {
    kill_engine(KillCause::shutting_down, "the server shuts down");
    return true;
  }
  const auto& model = record(engine_.model);
  const bool wanted_by_operator = selected_ == engine_.model || switch_->cause == Cause::default_model;
  const LoadFacts facts{.age = now_ - engine_.start_told,
                        .last_load = model.last_load,
                        .waiting_here = requests_.queue(engine_.model).size(),
                        .left = model.waiters_left,
                        .timed_out = model.waiters_timed_out,
                        .wanted_by_operator = wanted_by_operator,
                        .wanted_elsewhere = next_model(engine_.model).has_value(),
                        .previous_was_abandoned = previous_load_was_abandoned_};
  if (!may_abandon(facts)) return false;
  const std::string reason = "abandoned: every client that waited for it has gone";
  kill_engine(KillCause::load_abandoned, reason);
  end_switch(SwitchEnd::called_off, reason);
  previous_load_was_abandoned_ = true;
  return true;
}

bool Scheduler::State::advance_ready() {
  if (shutting_down_) {
    engine_.serve_up_to = 0;
    engine_.fsm.apply(EngineEvent::gate_closed);
    return true;
  }
  const auto leaving = departure();
  if (leaving && leaving->at <= now_) {
    const auto to = selected_ ? selected_ : next_model(engine_.model);
    SB_ASSERT(to.has_value());
    if (!file_is_good(*to)) return false;  // the gate stays open meanwhile
    engine_.serve_up_to = leaving->cause == Cause::starvation_limit ? requests_.last_number() : 0;
    engine_.fsm.apply(EngineEvent::gate_closed);
    begin_switch(engine_.model, *to, leaving->cause);
    switch_->file_is_good = true;
    return true;
  }
  const auto idle_until = idle_unload_at();
  if (!idle_until || *idle_until > now_) return false;
  stop_engine();
  return true;
}

bool Scheduler::State::advance_draining() {
  if (shutting_down_) {
    if (now_ >= grace_ends_) abort_running(Abort::shutting_down, "");
    if (requests_.running() > 0) return false;
    stop_engine();
    return true;
  }
  SB_ASSERT(switch_.has_value());
  if (!is_wanted(switch_->to)) {
    const auto next = next_model(engine_.model);
    if (!next) {
      end_switch(SwitchEnd::called_off, "nobody waits for another model any more");
      engine_.fsm.apply(EngineEvent::gate_opened);
      return true;
    }
    if (!file_is_good(*next)) return false;
    retarget(*next, Cause::waiters);
    switch_->file_is_good = true;
  }
  if (requests_.running() > 0 || first_to_serve() != nullptr) {
    ask_for_memory();
    return false;
  }
  stop_engine();
  return true;
}

std::optional<TimePoint> Scheduler::State::idle_unload_at() const {
  if (engine_state() != EngineState::ready || shutting_down_) return std::nullopt;
  const auto limit = options_of(engine_.model).idle_unload;
  const bool is_idle = requests_.running() == 0 && !selected_ && !next_model(std::nullopt);
  if (limit == Duration{0} || !is_idle) return std::nullopt;
  return engine_.visit.idle_since + limit;
}

bool Scheduler::State::is_wanted(ModelIndex model) const {
  return selected_ == model || !requests_.queue(model).empty();
}

bool Scheduler::State::file_is_good(ModelIndex model) {
  if (good_file_ == model) return true;
  if (check_ && check_->model == model) return false;
  check_ = FileCheck{.model = model, .deadline = now_ + options_of(model).load_timeout};
  // One look at a time for each model: a disk that does not answer must not gather more and more of them.
  if (!std::exchange(record(model).check_is_out, true)) emit(CheckModelFile{.model = model});
  return false;
}

void Scheduler::State::begin_switch(std::optional<ModelIndex> from, ModelIndex to, Cause cause) {
  record(to).waiters_left = 0;
  record(to).waiters_timed_out = 0;
  switch_ = Switch{.from = from, .to = to, .cause = cause, .began = now_};
  emit(SwitchStarted{.from = from, .to = to, .cause = std::string(name_of(cause))});
}

void Scheduler::State::retarget(ModelIndex to, Cause cause) {
  const auto before = *switch_;
  end_switch(SwitchEnd::called_off, "another model comes first");
  begin_switch(before.from, to, cause);
  switch_->began = before.began;
  switch_->stop_told = before.stop_told;
  switch_->exit_seen = before.exit_seen;
}

void Scheduler::State::end_switch(SwitchEnd end, const std::string& reason) {
  if (!switch_) return;
  emit(SwitchFailed{.from = switch_->from,
                    .to = switch_->to,
                    .reason = reason,
                    .end = end,
                    .total = now_ - switch_->began});
  switch_.reset();
}

void Scheduler::State::start_engine(ModelIndex model) {
  engine_.fsm.apply(EngineEvent::start_told);
  engine_.model = model;
  engine_.epoch = Epoch(++last_epoch_);
  engine_.start_told = now_;
  engine_.ready_seen.reset();
  engine_.deadline = now_ + options_of(model).load_timeout;
  default_.reset();
  died_.reset();
  last_life_failed_ = false;
  emit(StartEngine{.model = model, .epoch = engine_.epoch});
}

void Scheduler::State::stop_engine() {
  note_visit_length();
  const auto& visit = engine_.visit;
  if (visit.last_start && visit.emptied)
    estimates_.note_tail(engine_.model, *visit.emptied - *visit.last_start);
  if (const auto since = others_wait_since()) estimates_.note_stay(engine_.model, now_ - *since);
  // What was closed but is not free yet ends with the engine.
  for (const auto id : requests_.at_the_engine()) requests_.erase(id);
  engine_.fsm.apply(EngineEvent::stop_told);
  account_for(engine_.model);
  engine_.deadline = now_ + options_.stop_timeout;
  if (switch_) switch_->stop_told = now_;
  emit(StopEngine{.epoch = engine_.epoch});
}

void Scheduler::State::kill_engine(KillCause cause, const std::string& reason) {
  if (engine_state() == EngineState::draining && switch_) switch_->stop_told = now_;
  engine_.fsm.apply(EngineEvent::kill_told);
  account_for(engine_.model);
  engine_.deadline = now_ + options_.stop_timeout;
  engine_.progress_thousandths.reset();
  engine_.kill_cause = cause;
  emit(KillEngine{.epoch = engine_.epoch, .reason = reason});
}

void Scheduler::State::hang(const std::string& reason) {
  abort_running(Abort::engine_hung, reason);
  kill_engine(KillCause::hung, reason);
  note_death(reason, 0);
  engine_.owes_jitter = record(engine_.model).quarantine.left(now_).has_value();
}

}  // namespace signalbox::sched
