// Who decides in a simulation: the scheduler itself, or one of the simple rules that others follow. All of
// them speak the scheduler's events and commands, so that one simulated world serves them all. Not the
// scheduler's own rules: those are in sched/. Called by run.cc.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "sched/command.h"
#include "sched/event.h"
#include "sched/options.h"

namespace signalbox::simulate {

// Order of calls as for sched::Scheduler.
class Policy {
 public:
  Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  virtual ~Policy() = default;
  [[nodiscard]] virtual sched::Commands step(const sched::Event& event, TimePoint now) = 0;
  [[nodiscard]] virtual std::optional<TimePoint> next_deadline() const = 0;
  // How long a request that waits is told that it will go on waiting. None: it is told nothing.
  [[nodiscard]] virtual std::optional<Duration> estimate_of(RequestId /*request*/, TimePoint /*now*/) const {
    return std::nullopt;
  }
};

enum class PolicyName {
  signalbox,  // sched::Scheduler
  drain,      // switches when nothing runs and its own queue is empty, to the oldest head
  fifo,       // strict order of arrival over all models
};
inline constexpr std::array kPolicyNames = {PolicyName::signalbox, PolicyName::drain, PolicyName::fifo};

[[nodiscard]] std::string_view name_of(PolicyName policy);
[[nodiscard]] std::unique_ptr<Policy> make_policy(PolicyName policy, const sched::Options& options);

}  // namespace signalbox::simulate
