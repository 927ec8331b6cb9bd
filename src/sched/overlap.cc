// Overlap (rule 18): where memory allows it, the next engine is started while the present one still drains,
// so that its load costs nobody any time. It serves nobody until the present one is gone: one engine is
// active at a time and one loads at a time, as without overlap. What befalls it until then is nobody's
// failure: it is forgotten, and its model is loaded as if it had never been tried.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "sched/state.h"

namespace signalbox::sched {

void Scheduler::State::ask_for_memory() {
  if (options_.overlap == Overlap::off || successor_ || switch_->memory_was_asked) return;
  switch_->memory_was_asked = true;
  emit(CheckMemory{.model = switch_->to});
}

void Scheduler::State::on(const MemoryChecked& news) {
  if (!news.suffices || options_.overlap == Overlap::off) return;
  if (engine_state() != EngineState::draining || shutting_down_ || successor_) return;
  if (!switch_->memory_was_asked || switch_->to != news.model || !is_wanted(news.model)) return;
  start_successor(news.model);
}

// The younger one goes: the older one has requests to finish.
void Scheduler::State::on(const MemoryShort&) {
  if (successor_ && successor_->fsm.state() != EngineState::killing) {
    kill_successor("memory ran short beside the engine that drains");
  }
}

void Scheduler::State::start_successor(ModelIndex model) {
  successor_.emplace();
  successor_->fsm.apply(EngineEvent::start_told);
  successor_->model = model;
  successor_->epoch = Epoch(++last_epoch_);
  successor_->start_told = now_;
  successor_->deadline = now_ + options_of(model).load_timeout;
  emit(StartEngine{.model = model, .epoch = successor_->epoch, .beside = true});
}

void Scheduler::State::kill_successor(const std::string& reason) {
  successor_->fsm.apply(EngineEvent::kill_told);
  successor_->deadline = now_ + options_.stop_timeout;
  successor_->progress_thousandths.reset();
  successor_->kill_cause = KillCause::not_next;
  emit(KillEngine{.epoch = successor_->epoch, .reason = reason});
}

void Scheduler::State::drop_successor_of_another() {
  if (!successor_ || successor_->fsm.state() == EngineState::killing) return;
  if (switch_ && switch_->to == successor_->model) return;
  kill_successor(shutting_down_ ? "the server shuts down" : "its model is no longer the next one");
}

void Scheduler::State::pass_successor_deadline() {
  if (successor_->fsm.state() == EngineState::killing) {
    successor_->deadline = now_ + options_.stop_timeout;
    emit(KillEngine{.epoch = successor_->epoch, .reason = "it has not exited yet"});
    return;
  }
  kill_successor(
      fmt::format("no progress in loading for {} ms", to_ms(options_of(successor_->model).load_timeout)));
}

bool Scheduler::State::successor_progressed(const EngineProgressed& news) {
  if (!successor_ || news.epoch != successor_->epoch) return false;
  if (successor_->fsm.state() != EngineState::loading) return true;
  successor_->deadline = now_ + options_of(successor_->model).load_timeout;
  if (news.progress_thousandths) {
    successor_->progress_thousandths = std::min<std::uint32_t>(*news.progress_thousandths, 1000);
  }
  return true;
}

bool Scheduler::State::successor_ready(const EngineReady& news) {
  if (!successor_ || news.epoch != successor_->epoch) return false;
  if (successor_->fsm.state() != EngineState::loading) return true;
  successor_->fsm.apply(EngineEvent::ready_seen);
  successor_->deadline.reset();
  successor_->progress_thousandths.reset();
  successor_->ready_seen = now_;
  successor_->slots = news.slots;
  return true;
}

bool Scheduler::State::successor_exited(const EngineExited& news) {
  if (!successor_ || news.epoch != successor_->epoch) return false;
  successor_.reset();
  return true;
}

void Scheduler::State::promote_successor() {
  SB_ASSERT(engine_state() == EngineState::none);
  engine_ = *std::exchange(successor_, std::nullopt);
  if (engine_state() == EngineState::killing) return;
  default_.reset();
  died_.reset();
  last_life_failed_ = false;
  if (engine_state() == EngineState::ready) become_ready();
}

}  // namespace signalbox::sched
