// An operator's choice of a model (rule 9).
#include "sched/state.h"

namespace signalbox::sched {

void Scheduler::State::on(const SelectAsked& asked) {
  emit(AnswerSelect{.select = asked.select, .outcome = select(asked.model)});
}

SelectOutcome Scheduler::State::select(ModelIndex model) {
  if (shutting_down_) return SelectOutcome::shutting_down;
  // A select that was accepted counts as under way although the gate may still have to stay open (rule 7).
  const auto under_way = switch_ ? std::optional(switch_->to) : selected_;
  if (under_way && *under_way != model) return SelectOutcome::conflict;
  lift_quarantine(model);
  record(model).early_deaths = 0;
  if (!under_way && active_model() == model) return SelectOutcome::already_active;
  selected_ = model;
  return under_way ? SelectOutcome::in_progress : SelectOutcome::initiated;
}

}  // namespace signalbox::sched
