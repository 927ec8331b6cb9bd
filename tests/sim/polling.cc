#include "sim/polling.h"

#include <utility>

namespace signalbox::simulate {

PollingPolicy::PollingPolicy(PollingService service, const sched::Options& options)
    : service_(service), queues_(options.models.size()) {}

sched::Commands PollingPolicy::step(const sched::Event& event, TimePoint /*now*/) {
  std::visit([this](const auto& happened) { on(happened); }, event);
  pump();
  return std::exchange(out_, {});
}

void PollingPolicy::on(const sched::RequestArrived& event) {
  queues_[to_index(event.model)].push_back(event.request);
}

void PollingPolicy::on(const sched::RequestClosed& /*event*/) {
  is_busy_ = false;
}

void PollingPolicy::on(const sched::EngineReady& /*event*/) {
  stage_ = Stage::serving;
  left_ = queues_[at_].size();
}

void PollingPolicy::on(const sched::EngineExited& /*event*/) {
  stage_ = Stage::none;
  at_ = static_cast<std::uint32_t>((at_ + 1) % queues_.size());
}

void PollingPolicy::pump() {
  if (stage_ == Stage::none) {
    stage_ = Stage::loading;
    out_.emplace_back(sched::StartEngine{.model = ModelIndex(at_), .epoch = Epoch(++epoch_)});
    return;
  }
  if (stage_ != Stage::serving || is_busy_) return;
  auto& queue = queues_[at_];
  if (queue.empty() || (service_ == PollingService::gated && left_ == 0)) {
    stage_ = Stage::stopping;
    out_.emplace_back(sched::StopEngine{.epoch = Epoch(epoch_)});
    return;
  }
  --left_;
  is_busy_ = true;
  out_.emplace_back(sched::StartRequest{.request = queue.front(), .epoch = Epoch(epoch_)});
  queue.pop_front();
}

}  // namespace signalbox::simulate
