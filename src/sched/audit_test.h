// Fails the test when a scheduler breaks a promise that holds whatever the policy (simulate/invariants.h).
// Told of every step by World.
#pragma once

#include "sched/scheduler.h"
#include "simulate/invariants.h"

namespace signalbox::sched {

class Audit {
 public:
  explicit Audit(const Options& options) : invariants_(options) {}

  // After each step, with what it was given and what it answered.
  void look(const Event& event, const Commands& commands, const Scheduler& scheduler, TimePoint now);
  [[nodiscard]] bool everything_has_ended() const { return invariants_.everything_has_ended(); }

 private:
  simulate::Invariants invariants_;
  std::size_t told_ = 0;  // of its violations
};

}  // namespace signalbox::sched
