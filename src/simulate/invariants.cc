// What the events say of the world, whatever the scheduler makes of them.
#include "simulate/invariants.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace signalbox::simulate {

using namespace sched;

Invariants::Invariants(const Options& options, Looks looks)
    : options_(options),
      looks_(looks),
      lines_(options.models.size()),
      quarantine_ends_(options.models.size()) {}

void Invariants::violate(std::string what) {
  if (violations_.size() < kViolationsMax) violations_.push_back(std::move(what));
}

void Invariants::look(const Event& event, const Commands& commands, const Scheduler& scheduler,
                      TimePoint now) {
  ++steps_;
  now_ = now;
  step_ = Step{};
  std::visit([this](const auto& happened) { note(happened); }, event);
  promote_flex(now);
  for (const auto& command : commands) {
    digest_.take_in(command.index());
    std::visit([this](const auto& wanted) { obey(wanted); }, command);
  }
  if (step_.asked) violate("a select without an answer");
  check_bounds(now);
  check_limits(now);
  check_places_are_used();
  check_something_is_pending(scheduler, now);
  check_successor(scheduler, now);
  if (looks_ == Looks::at_every_step || steps_ % kStepsBetweenLooks == 0) check_shown(scheduler, now);
  if (steps_ % kStepsBetweenLooks == 0) check_statuses(scheduler, now);
}

void Invariants::enter(RequestId id, const KnownRequest& request) {
  auto& line = line_of(request.model);
  auto& place =
      request.replayed ? line.put_back : line.of_class[static_cast<std::size_t>(request.service_class)];
  place.emplace(request.number, id);
  if (request.patience_ends) patience_.emplace(*request.patience_ends, id);
  waiting_.emplace(id, request);
}

KnownRequest Invariants::take_out(RequestId id) {
  const auto place = waiting_.find(id);
  auto request = place->second;
  auto& line = line_of(request.model);
  line.put_back.erase(request.number);
  line.of_class[static_cast<std::size_t>(request.service_class)].erase(request.number);
  if (request.patience_ends) patience_.erase({*request.patience_ends, id});
  waiting_.erase(place);
  return request;
}

void Invariants::note(const RequestArrived& event) {
  const auto& model = options_.models[to_index(event.model)];
  const auto patience = event.mode == AnswerMode::whole ? model.wait_timeout : model.stream_wait_timeout;
  KnownRequest request{.model = event.model,
                       .places = event.places,
                       .service_class = event.service_class,
                       .tokens_max = event.tokens_max,
                       .arrived = now_,
                       .number = ++last_number_};
  if (patience > Duration{0}) request.patience_ends = now_ + patience;
  step_.arrived = event.request;
  enter(event.request, request);
}

void Invariants::note(const AnswerBegan& event) {
  const auto place = running_.find(event.request);
  if (place != running_.end()) place->second.begun = true;
}

void Invariants::note(const AnswerLost& event) {
  const auto place = running_.find(event.request);
  if (place == running_.end() || place->second.lost) return;
  place->second.lost = true;
  place->second.free_by = now_ + options_.release_timeout;
  place->second.broken_off = event.closing == Closing::engine_broke;
  step_.fell_silent = event.closing == Closing::engine_silent;
}

void Invariants::note(const WaiterLeft& event) {
  close(event.request, Closing::cut);
}

void Invariants::note(const RequestClosed& event) {
  close(event.request, event.closing);
}

void Invariants::close(RequestId id, Closing closing) {
  if (waiting_.contains(id)) {
    take_out(id);
    return;
  }
  const auto place = running_.find(id);
  if (place == running_.end()) return;
  auto request = place->second;
  running_.erase(place);
  step_.fell_silent = closing == Closing::engine_silent;
  if (closing == Closing::answered) {
    busy_places_ -= request.places;
    return;
  }
  request.free_by = now_ + options_.release_timeout;
  request.lost = false;
  request.broken_off = closing == Closing::engine_broke;
  releasing_.emplace(id, request);
}

void Invariants::note(const PlacesFreed& event) {
  const auto place = releasing_.find(event.request);
  if (place == releasing_.end()) return;
  busy_places_ -= place->second.places;
  releasing_.erase(place);
}

void Invariants::note(const SelectAsked& event) {
  step_.asked = event.select;
  step_.asked_model = event.model;
}

void Invariants::note(const ModelFileChecked& event) {
  checks_out_.erase(event.model);
}

void Invariants::note(const EngineReady& event) {
  if (successor_ready(event)) return;
  if (!engine_ || engine_->epoch != event.epoch || engine_->told_to_go || engine_->ready) return;
  engine_->slots = event.slots;
  open_gate();
}

void Invariants::open_gate() {
  engine_->ready = true;
  engine_->places = std::min(options_.models[to_index(engine_->model)].workers, std::max(engine_->slots, 1U));
  engine_->present_up_to = last_number_;
  if (selected_ == engine_->model) selected_.reset();
}

void Invariants::note(const EngineExited& event) {
  if (successor_exited(event)) return;
  if (!engine_ || engine_->epoch != event.epoch) return;
  if (!engine_->told_to_go) step_.failed = true;
  step_.engine_ended = true;
  if (!engine_->told_to_go && selected_ == engine_->model) selected_.reset();
  for (const auto& [id, request] : releasing_) busy_places_ -= request.places;
  releasing_.clear();
  engine_ = std::exchange(successor_, std::nullopt);
  if (engine_ && engine_->ready && !engine_->told_to_go) open_gate();
}

void Invariants::note(const OptionsChanged& event) {
  options_ = *event.options;
}

void Invariants::note(const StopAsked& /*event*/) {
  stop_asked_ = true;
  selected_.reset();
}

}  // namespace signalbox::simulate
