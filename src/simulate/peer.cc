#include "simulate/peer.h"

#include <utility>

namespace signalbox::simulate {

Peer::Peer(PeerOrder order, const sched::Options& options)
    : order_(order), models_(options.models), queues_(options.models.size()) {}

sched::Commands Peer::step(const sched::Event& event, TimePoint now) {
  now_ = now;
  std::visit([this](const auto& happened) { on(happened); }, event);
  pump();
  return std::exchange(out_, {});
}

// As with ours, the bound holds for those who have to wait.
void Peer::on(const sched::RequestArrived& event) {
  auto& queue = queues_[to_index(event.model)];
  queue.push_back({.number = ++last_number_, .id = event.request, .arrived = now_});
  if (queue.size() == 1) heads_.emplace(last_number_, event.model);
  while (may_start()) start_next();
  const auto bound = models_[to_index(event.model)].queue_size;
  if (queue.size() <= bound) return;
  queue.pop_back();
  if (queue.empty()) heads_.erase({last_number_, event.model});
  sched::RefuseRequest refusal{};
  refusal.request = event.request;
  out_.emplace_back(refusal);
}

void Peer::on(const sched::RequestClosed& /*event*/) {
  --running_;
}
void Peer::on(const sched::EngineReady& /*event*/) {
  stage_ = Stage::ready;
}
void Peer::on(const sched::EngineExited& /*event*/) {
  stage_ = Stage::none;
}

bool Peer::may_start() const {
  if (stage_ != Stage::ready || running_ >= models_[to_index(active_)].workers) return false;
  if (order_ == PeerOrder::within_model) return !active_queue().empty();
  return !heads_.empty() && heads_.begin()->second == active_;
}

void Peer::start_next() {
  auto& queue = active_queue();
  const auto front = queue.front();
  queue.pop_front();
  heads_.erase({front.number, active_});
  if (!queue.empty()) heads_.emplace(queue.front().number, active_);
  ++running_;
  out_.emplace_back(
      sched::StartRequest{.request = front.id, .epoch = epoch_, .wait_duration = now_ - front.arrived});
}

void Peer::pump() {
  while (may_start()) start_next();
  if (heads_.empty()) return;
  if (stage_ == Stage::ready && running_ == 0) {
    stage_ = Stage::stopping;
    out_.emplace_back(sched::StopEngine{.epoch = epoch_});
  } else if (stage_ == Stage::none) {
    stage_ = Stage::loading;
    active_ = heads_.begin()->second;
    epoch_ = Epoch(epoch_.value() + 1);
    out_.emplace_back(sched::StartEngine{.model = active_, .epoch = epoch_});
  }
}

}  // namespace signalbox::simulate
