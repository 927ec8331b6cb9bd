#include "sched/requests.h"

#include "base/assert.h"

namespace signalbox::sched {

Requests::Requests(const std::vector<ModelOptions>& models) {
  queues_.reserve(models.size());
  for (const auto& model : models) queues_.emplace_back(model.queue_size);
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

void Requests::enqueue(Request request) {
  request.phase = Phase::waiting;
  const auto& added = add(request);
  queues_[to_index(added.model)].push({.number = added.number, .id = added.id, .arrived = added.arrived});
}

void Requests::add_running(Request request) {
  request.phase = Phase::running;
  request.deadline.reset();
  add(request);
  engaged_.insert(request.id);
  ++running_;
  busy_places_ += request.places;
}

void Requests::start(RequestId id) {
  auto& request = at(id);
  SB_ASSERT(request.phase == Phase::waiting);
  queues_[to_index(request.model)].remove(request.number);
  set_deadline(request, std::nullopt);
  request.phase = Phase::running;
  engaged_.insert(id);
  ++running_;
  busy_places_ += request.places;
}

void Requests::release(RequestId id, Closing closing, TimePoint deadline) {
  auto& request = at(id);
  SB_ASSERT(request.phase == Phase::running);
  request.phase = Phase::releasing;
  --running_;
  request.engine_broke = closing == Closing::engine_broke;
  if (request.engine_broke) ++broken_;
  set_deadline(request, deadline);
}

void Requests::erase(RequestId id) {
  auto& request = at(id);
  set_deadline(request, std::nullopt);
  if (request.phase == Phase::waiting) {
    queues_[to_index(request.model)].remove(request.number);
  } else {
    if (request.phase == Phase::running) --running_;
    if (request.engine_broke) --broken_;
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
  for (const auto& waiter : queue(model)) ids.push_back(waiter.id);
  return ids;
}

std::vector<RequestId> Requests::at_the_engine() const {
  return {engaged_.begin(), engaged_.end()};
}

std::optional<Head> Requests::oldest_head(std::optional<ModelIndex> except) const {
  const Waiter* oldest = nullptr;
  std::optional<Head> head;
  for (std::uint32_t i = 0; i < queues_.size(); ++i) {
    const ModelIndex model(i);
    if (model == except || queues_[i].empty()) continue;
    const auto& front = queues_[i].front();
    if (oldest != nullptr && oldest->number < front.number) continue;
    oldest = &front;
    head = Head{.model = model, .arrived = front.arrived};
  }
  return head;
}

std::optional<std::pair<TimePoint, RequestId>> Requests::first_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return *deadlines_.begin();
}

}  // namespace signalbox::sched
