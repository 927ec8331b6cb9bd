// The rule of other servers that keep one model at a time: leave a model only when nothing runs, for the
// model of whoever waits longest. No limit, no estimate, no deadline. For comparison only; made by policy.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "simulate/policy.h"

namespace signalbox::simulate {

enum class PeerOrder {
  within_model,     // a newcomer of the active model overtakes those who wait for others
  over_all_models,  // nobody overtakes anybody
};

class Peer final : public Policy {
 public:
  Peer(PeerOrder order, const sched::Options& options);

  sched::Commands step(const sched::Event& event, TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override { return std::nullopt; }

 private:
  struct Waiter {
    std::uint64_t number = 0;  // order of arrival
    RequestId id;
    TimePoint arrived;
  };
  enum class Stage { none, loading, ready, stopping };

  void on(const sched::RequestArrived& event);
  void on(const sched::RequestClosed& event);
  void on(const sched::EngineReady& event);
  void on(const sched::EngineExited& event);
  template <class Other>
  void on(const Other& /*event*/) {}

  void pump();
  [[nodiscard]] bool may_start() const;
  void start_next();
  [[nodiscard]] std::deque<Waiter>& active_queue() { return queues_[to_index(active_)]; }
  [[nodiscard]] const std::deque<Waiter>& active_queue() const { return queues_[to_index(active_)]; }

  PeerOrder order_;
  std::vector<sched::ModelOptions> models_;
  std::vector<std::deque<Waiter>> queues_;
  std::set<std::pair<std::uint64_t, ModelIndex>> heads_;  // the number of each queue's front
  Stage stage_ = Stage::none;
  ModelIndex active_;
  Epoch epoch_;
  std::uint32_t running_ = 0;
  std::uint64_t last_number_ = 0;
  TimePoint now_{};
  sched::Commands out_;
};

}  // namespace signalbox::simulate
