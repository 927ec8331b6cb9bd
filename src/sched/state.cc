// One step: deadlines, the event, and then whatever follows from where things stand.
#include "sched/state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"

namespace signalbox::sched {

Scheduler::State::State(Options options)
    : options_(std::move(options)),
      requests_(options_.models),
      records_(options_.models.size()),
      estimates_(options_),
      backlog_(options_.models.size()),
      default_(options_.default_model) {
  SB_ASSERT(!options_.models.empty());
  SB_ASSERT(!default_ || to_index(*default_) < options_.models.size());
  for (const auto& model : options_.models) SB_ASSERT(model.workers >= 1);
  said_ = key();
}

ModelRecord& Scheduler::State::record(ModelIndex model) {
  SB_ASSERT(to_index(model) < records_.size());
  return records_[to_index(model)];
}

const ModelRecord& Scheduler::State::record(ModelIndex model) const {
  SB_ASSERT(to_index(model) < records_.size());
  return records_[to_index(model)];
}

const ModelOptions& Scheduler::State::options_of(ModelIndex model) const {
  SB_ASSERT(to_index(model) < options_.models.size());
  return options_.models[to_index(model)];
}

namespace {

// Who asks for something finds everything as the deadlines left it. News of what has ended or moved goes
// before a deadline that passed in the same instant: a request that its client gave up must not be refused
// any more, a place that is free must not have its engine killed.
bool asks_for_something(const Event& event) {
  return std::holds_alternative<RequestArrived>(event) || std::holds_alternative<SelectAsked>(event);
}

}  // namespace

Commands Scheduler::State::step(const Event& event, TimePoint now) {
  SB_ASSERT(now >= now_);
  now_ = now;
  const bool is_asked = asks_for_something(event);
  if (is_asked) pass_deadlines();
  std::visit([this](const auto& happened) { on(happened); }, event);
  if (!is_asked) pass_deadlines();
  pump();
  arriving_.reset();
  good_file_.reset();
  say_what_changed();
  return std::exchange(out_, {});
}

void Scheduler::State::pass_deadlines() {
  end_quarantines();
  if (options_.flex_limit > Duration{0}) requests_.promote_flex(now_ - options_.flex_limit);
  // Each turn removes one deadline; none is set here.
  for (auto due = requests_.first_deadline(); due && due->first <= now_; due = requests_.first_deadline()) {
    pass_request_deadline(due->second);
  }
  if (engine_.deadline && *engine_.deadline <= now_) pass_engine_deadline();
  if (successor_ && successor_->deadline && *successor_->deadline <= now_) pass_successor_deadline();
  if (check_ && check_->deadline <= now_) {
    const auto model = check_->model;
    check_.reset();
    const auto limit = to_ms(options_of(model).load_timeout);
    fail_check(model, fmt::format("the model file could not be looked at within {} ms", limit), 0);
  }
}

void Scheduler::State::end_quarantines() {
  const auto over = std::erase_if(
      quarantined_, [this](ModelIndex model) { return !record(model).quarantine.left(now_).has_value(); });
  if (over > 0) ++models_revision_;
}

void Scheduler::State::pass_request_deadline(RequestId id) {
  const auto* request = requests_.find(id);
  SB_ASSERT(request != nullptr);
  if (request->phase == Phase::waiting) {
    ++record(request->model).waiters_timed_out;
    refuse(id, Refusal::wait_timeout, retry_after(request->model), "");
    return;
  }
  SB_ASSERT(request->phase == Phase::releasing || request->answer_lost);
  hang(fmt::format("the engine did not free the place of a closed request within {} ms",
                   to_ms(options_.release_timeout)));
}

void Scheduler::State::pass_engine_deadline() {
  switch (engine_state()) {
    case EngineState::loading: {
      const auto model = engine_.model;
      const auto reason =
          fmt::format("no progress in loading for {} ms", to_ms(options_of(model).load_timeout));
      kill_engine(KillCause::load_timed_out, reason);
      end_switch(SwitchEnd::failed, reason);
      fail_load(model, reason, 0);
      engine_.owes_jitter = true;
      previous_load_was_abandoned_ = false;
      return;
    }
    case EngineState::stopping:
      kill_engine(KillCause::would_not_stop,
                  fmt::format("it did not exit within {} ms", to_ms(options_.stop_timeout)));
      return;
    case EngineState::killing:
      engine_.deadline = now_ + options_.stop_timeout;
      emit(KillEngine{.epoch = engine_.epoch, .reason = "it has not exited yet"});
      return;
    case EngineState::none:
    case EngineState::ready:
    case EngineState::draining:
      break;
  }
  SB_ASSERT(false && "no deadline in this state");
}

void Scheduler::State::on(const StopAsked&) {
  if (shutting_down_) return;
  shutting_down_ = true;
  grace_ends_ = now_ + options_.shutdown_grace;
  selected_.reset();
  default_.reset();
  check_.reset();
  for (std::uint32_t i = 0; i < records_.size(); ++i) {
    refuse_waiters(ModelIndex(i), Refusal::shutting_down, "");
  }
  end_switch(SwitchEnd::called_off, "the server shuts down");
}

void Scheduler::State::on(const OptionsChanged& changed) {
  SB_ASSERT(changed.options && changed.options->models.size() == options_.models.size());
  options_ = *changed.options;
  requests_.set_capacities(options_.models);
  for (std::uint32_t i = 0; i < records_.size(); ++i) account_for(ModelIndex(i));
}

void Scheduler::State::pump() {
  // The longest chain without news from outside is ready, draining, stopping.
  constexpr int kTurnsMax = 8;
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    dispatch();
    settle_backlog();
    if (!advance()) return drop_successor_of_another();
  }
  SB_ASSERT(false && "the engine's state changes in a circle");
}

bool Scheduler::State::advance() {
  switch (engine_state()) {
    case EngineState::none:
      return advance_none();
    case EngineState::loading:
      return advance_loading();
    case EngineState::ready:
      return advance_ready();
    case EngineState::draining:
      return advance_draining();
    case EngineState::stopping:
    case EngineState::killing:
      return false;  // only news from the engine or its deadline moves these
  }
  return false;
}

void Scheduler::State::say_what_changed() {
  const auto present = key();
  if (present != said_) {
    const bool stage_changed = present.stage != said_.stage;
    emit(StatusChanged{.waiters = stage_changed ? Waiters::may_have_changed : Waiters::as_before});
    said_ = present;
  }
  if (shutting_down_ && !stopped_ && engine_state() == EngineState::none && requests_.empty()) {
    stopped_ = true;
    emit(Stopped{});
  }
}

std::optional<TimePoint> Scheduler::State::next_deadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&next](std::optional<TimePoint> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  // What depends on more than the time may be in the past and still not have come to pass.
  const auto consider_if_ahead = [&](std::optional<TimePoint> time) {
    if (time && *time > now_) consider(time);
  };
  if (const auto due = requests_.first_deadline()) consider(due->first);
  consider(engine_.deadline);
  if (successor_) consider(successor_->deadline);
  if (check_) consider(check_->deadline);
  if (shutting_down_ && requests_.running() > 0) consider_if_ahead(grace_ends_);
  if (const auto leaving = departure()) consider_if_ahead(leaving->at);
  consider_if_ahead(idle_unload_at());
  for (const auto model : quarantined_) consider_if_ahead(record(model).quarantine.until());
  if (const auto flex = requests_.oldest_flex(std::nullopt); flex && options_.flex_limit > Duration{0}) {
    consider_if_ahead(requests_.queue(*flex).oldest_flex()->arrived + options_.flex_limit);
  }
  return next;
}

}  // namespace signalbox::sched
