#include "simulate/policy.h"

#include "base/assert.h"
#include "sched/scheduler.h"
#include "simulate/peer.h"

namespace signalbox::simulate {
namespace {

class OwnPolicy final : public Policy {
 public:
  explicit OwnPolicy(const sched::Options& options) : scheduler_(options) {}
  sched::Commands step(const sched::Event& event, TimePoint now) override {
    return scheduler_.step(event, now);
  }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override { return scheduler_.next_deadline(); }
  [[nodiscard]] std::optional<Duration> estimate_of(RequestId request, TimePoint now) const override {
    const auto status = scheduler_.status_of(request, now);
    return status ? status->eta : std::nullopt;
  }

 private:
  sched::Scheduler scheduler_;
};

}  // namespace

std::string_view name_of(PolicyName policy) {
  switch (policy) {
    case PolicyName::signalbox:
      return "signalbox";
    case PolicyName::drain:
      return "drain";
    case PolicyName::fifo:
      return "fifo";
  }
  return "?";
}

std::unique_ptr<Policy> make_policy(PolicyName policy, const sched::Options& options) {
  switch (policy) {
    case PolicyName::signalbox:
      return std::make_unique<OwnPolicy>(options);
    case PolicyName::drain:
      return std::make_unique<Peer>(PeerOrder::within_model, options);
    case PolicyName::fifo:
      return std::make_unique<Peer>(PeerOrder::over_all_models, options);
  }
  SB_ASSERT(false && "no such policy");
}

}  // namespace signalbox::simulate
