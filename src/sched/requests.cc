#include "sched/requests.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace signalbox::sched {

Requests::Requests(const std::vector<ModelOptions>& models) : known_heads_(models.size()) {
  queues_.reserve(models.size());
  for (const auto& model : models) queues_.emplace_back(model.queue_size, model.flex_queue_size);
}

void Requests::set_capacities(const std::vector<ModelOptions>& models) {
  SB_ASSERT(models.size() == queues_.size());
  for (std::size_t i = 0; i < models.size(); ++i) {
    queues_[i].set_capacity(models[i].queue_size, models[i].flex_queue_size);
  }
}

Request& Requests::add(Request request) {
  request.number = ++last_number_;
  const auto deadline = std::exchange(request.deadline, std::nullopt);
  const auto [place, is_new] = requests_.emplace(request.id, request);
  SB_ASSERT(is_new);
  set_deadline(place->second, deadline);
  return place->second;
}

Request& Requests::at(RequestId id) {
  const auto place = requests_.find(id);
  SB_ASSERT(place != requests_.end());
  return place->second;
}

void Requests::set_deadline(Request& request, std::optional<TimePoint> deadline) {
  if (request.deadline) deadlines_.erase({*request.deadline, request.id});
  request.deadline = deadline;
  if (deadline) deadlines_.emplace(*deadline, request.id);
}

void Requests::refresh_heads(ModelIndex model) {
  ++revision_;
  touched_.push_back(model);
  const auto& queue = queues_[to_index(model)];
  auto& known = known_heads_[to_index(model)];
  const auto update = [model](Heads& heads, std::uint64_t& before, const Waiter* oldest) {
    const auto present = oldest == nullptr ? 0 : oldest->number;
    if (present == before) return;
    if (before != 0) heads.erase({before, model});
    if (present != 0) heads.emplace(present, model);
    before = present;
  };
  update(heads_, known.pressing, queue.oldest_pressing());
  update(flex_heads_, known.flex, queue.oldest_flex());
}

void Requests::enqueue(Request request) {
  request.phase = Phase::waiting;
  const auto& added = add(request);
  queues_[to_index(added.model)].insert({.number = added.number,
                                         .id = added.id,
                                         .arrived = added.arrived,
                                         .service_class = added.service_class});
  refresh_heads(added.model);
}

void Requests::take_out_of_queue(const Request& request) {
  queues_[to_index(request.model)].remove(request.number);
  refresh_heads(request.model);
}

void Requests::engage(Request& request, TimePoint now) {
  request.phase = Phase::running;
  request.started = now;
  engaged_.insert(request.id);
  ++running_;
  busy_places_ += request.places;
}

void Requests::add_running(Request request) {
  request.deadline.reset();
  engage(add(request), request.arrived);
}

void Requests::start(RequestId id, TimePoint now, std::optional<TimePoint> predicted_end) {
  auto& request = at(id);
  SB_ASSERT(request.phase == Phase::waiting);
  take_out_of_queue(request);
  set_deadline(request, std::nullopt);
  request.predicted_end = predicted_end;
  engage(request, now);
}

void Requests::note_answer_began(RequestId id) {
  at(id).answer_began = true;
}

void Requests::note_answer_lost(RequestId id, Closing closing, TimePoint deadline) {
  auto& request = at(id);
  SB_ASSERT(request.phase == Phase::running && !request.answer_lost);
  request.answer_lost = true;
  ++lost_;
  request.engine_broke = closing == Closing::engine_broke;
  if (request.engine_broke) ++broken_;
  set_deadline(request, deadline);
}

// What was lost is over, or gets its second try.
void Requests::forget_loss(Request& request) {
  if (std::exchange(request.answer_lost, false)) --lost_;
  if (std::exchange(request.engine_broke, false)) --broken_;
}

void Requests::put_back(RequestId id, std::optional<TimePoint> deadline) {
  auto& request = at(id);
  SB_ASSERT(request.phase == Phase::running && !request.was_replayed);
  request.phase = Phase::waiting;
  request.was_replayed = true;
  request.predicted_end.reset();
  forget_loss(request);
  --running_;
  busy_places_ -= request.places;
  engaged_.erase(id);
  set_deadline(request, deadline);
  queues_[to_index(request.model)].insert({.number = request.number,
                                           .id = id,
                                           .arrived = request.arrived,
                                           .service_class = request.service_class});
  refresh_heads(request.model);
}

void Requests::promote_flex(TimePoint arrived_max) {
  while (!flex_heads_.empty()) {  // each turn takes one flex waiter away
    const auto model = flex_heads_.begin()->second;
    auto& queue = queues_[to_index(model)];
    const auto* oldest = queue.oldest_flex();
    if (oldest->arrived > arrived_max) return;
    at(oldest->id).service_class = ServiceClass::standard;
    queue.promote_flex();
    refresh_heads(model);
  }
}

void Requests::release(RequestId id, Closing closing, TimePoint deadline) {
  auto& request = at(id);
  SB_ASSERT(request.phase == Phase::running);
  request.phase = Phase::releasing;
  forget_loss(request);
  --running_;
  request.engine_broke = closing == Closing::engine_broke;
  if (request.engine_broke) ++broken_;
  set_deadline(request, deadline);
}

void Requests::erase(RequestId id) {
  auto& request = at(id);
  set_deadline(request, std::nullopt);
  if (request.phase == Phase::waiting) {
    take_out_of_queue(request);
  } else {
    if (request.phase == Phase::running) --running_;
    forget_loss(request);
    busy_places_ -= request.places;
    engaged_.erase(id);
  }
  requests_.erase(id);
}

const Request* Requests::find(RequestId id) const {
  const auto place = requests_.find(id);
  return place == requests_.end() ? nullptr : &place->second;
}

const WaitQueue& Requests::queue(ModelIndex model) const {
  SB_ASSERT(to_index(model) < queues_.size());
  return queues_[to_index(model)];
}

std::vector<RequestId> Requests::waiting_for(ModelIndex model) const {
  std::vector<RequestId> ids;
  ids.reserve(queue(model).size());
  queue(model).for_each([&ids](const Waiter& waiter) {
    ids.push_back(waiter.id);
    return true;
  });
  return ids;
}

std::vector<const Request*> Requests::in_order() const {
  std::vector<const Request*> all;
  all.reserve(requests_.size());
  for (const auto& [id, request] : requests_) all.push_back(&request);
  std::ranges::sort(all, {}, &Request::number);
  return all;
}

std::vector<RequestId> Requests::at_the_engine() const {
  return {engaged_.begin(), engaged_.end()};
}

namespace {

std::optional<ModelIndex> first_but(const Requests::Heads& heads, std::optional<ModelIndex> except) {
  auto head = heads.begin();
  if (head != heads.end() && head->second == except) ++head;
  if (head == heads.end()) return std::nullopt;
  return head->second;
}

}  // namespace

std::optional<Head> Requests::oldest_head(std::optional<ModelIndex> except) const {
  const auto model = first_but(heads_, except);
  if (!model) return std::nullopt;
  return Head{.model = *model, .arrived = queue(*model).oldest_pressing()->arrived};
}

std::optional<ModelIndex> Requests::oldest_flex(std::optional<ModelIndex> except) const {
  return first_but(flex_heads_, except);
}

std::optional<std::pair<TimePoint, RequestId>> Requests::first_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return *deadlines_.begin();
}

}  // namespace signalbox::sched
