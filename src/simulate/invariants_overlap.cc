// The engine beside the present one (rule 18): when it may be there, and that it does nothing until it is the
// present one.
#include <algorithm>

#include "simulate/invariants.h"

namespace signalbox::simulate {

using namespace sched;

void Invariants::note(const MemoryChecked& event) {
  const auto asked = memory_asked_.find(event.model);
  if (asked != memory_asked_.end()) memory_asked_.erase(asked);
  if (event.suffices) step_.has_room = event.model;
}

void Invariants::note(const MemoryShort& /*event*/) {
  step_.memory_short = true;
}

void Invariants::obey(const CheckMemory& command) {
  digest_.take_in(command.model);
  if (options_.overlap == Overlap::off) violate("memory was asked about although there is no overlap");
  if (switch_to_ != command.model) violate("memory was asked about for a model that is not the next one");
  memory_asked_.insert(command.model);
}

void Invariants::start_beside(const StartEngine& command) {
  if (!command.beside) violate("a second engine started");
  if (successor_) violate("a third engine started");
  if (options_.overlap == Overlap::off) violate("a second engine started although there is no overlap");
  if (step_.has_room != command.model) violate("a second engine started without memory for it");
  if (!engine_->ready || !engine_->draining || engine_->told_to_go) {
    violate("a second engine started beside one that does not drain");
  }
  if (command.epoch <= last_epoch_) violate("an epoch used twice");
  if (stop_asked_) violate("an engine started while the server shuts down");
  if (switch_to_ != command.model) violate("an engine started without a switch to its model");
  last_epoch_ = command.epoch;
  successor_ = KnownEngine{.model = command.model, .epoch = command.epoch};
}

bool Invariants::successor_ready(const EngineReady& event) {
  if (!successor_ || successor_->epoch != event.epoch) return false;
  if (successor_->told_to_go || successor_->ready) return true;
  successor_->ready = true;
  successor_->slots = event.slots;
  return true;
}

bool Invariants::successor_exited(const EngineExited& event) {
  if (!successor_ || successor_->epoch != event.epoch) return false;
  successor_.reset();
  return true;
}

bool Invariants::successor_killed(const KillEngine& command) {
  if (!successor_ || successor_->epoch != command.epoch) return false;
  successor_->told_to_go = true;
  return true;
}

void Invariants::check_successor(const Scheduler& scheduler, TimePoint now) {
  if (successor_ && !engine_) violate("a second engine without a first one");
  const bool is_up = successor_ && !successor_->told_to_go;
  if (is_up && switch_to_ != successor_->model) violate("an engine is kept for a model that is not the next");
  if (is_up && stop_asked_) violate("a second engine is kept while the server shuts down");
  if (is_up && step_.memory_short) violate("a second engine is kept although memory is short");
  if (successor_ && (successor_->told_to_go || !successor_->ready) && !scheduler.next_deadline()) {
    violate("a second engine may load or stay for ever");
  }
  if (looks_ != Looks::at_every_step) return;
  const auto shown = scheduler.snapshot(now).next_engine;
  if (shown.has_value() != is_up) return violate("the snapshot is wrong about the second engine");
  if (shown && (shown->model != successor_->model || shown->is_ready != successor_->ready)) {
    violate("the snapshot is wrong about the second engine");
  }
}

}  // namespace signalbox::simulate
