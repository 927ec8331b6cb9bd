// A server that walks round all models for ever, also to empty queues: for the comparison with theory only.
// Told apart from simulate::Peer, which goes where somebody waits. One worker.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "simulate/policy.h"

namespace signalbox::simulate {

enum class PollingService {
  exhaustive,  // a queue is served until it is empty
  gated,       // only those are served who were there when the server came
};

class PollingPolicy final : public Policy {
 public:
  PollingPolicy(PollingService service, const sched::Options& options);

  sched::Commands step(const sched::Event& event, TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override { return std::nullopt; }

 private:
  enum class Stage { none, loading, serving, stopping };

  void on(const sched::RequestArrived& event);
  void on(const sched::RequestClosed& event);
  void on(const sched::EngineReady& event);
  void on(const sched::EngineExited& event);
  template <class Other>
  void on(const Other& /*event*/) {}
  void pump();

  PollingService service_;
  std::vector<std::deque<RequestId>> queues_;
  Stage stage_ = Stage::none;
  std::uint32_t at_ = 0;  // the model
  std::uint64_t epoch_ = 0;
  std::size_t left_ = 0;  // to serve in this visit, where gated
  bool is_busy_ = false;
  sched::Commands out_;
};

}  // namespace signalbox::simulate
