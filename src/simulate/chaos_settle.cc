// The healthy world at the end of a run: checks find good files, engines come up and go when told, requests
// are answered. An engine that hung before goes on hanging until it is killed.
#include <utility>

#include "simulate/chaos_plan.h"
#include "simulate/chaos_player.h"

namespace signalbox::simulate {

using namespace sched;
using namespace std::chrono_literals;

namespace {

constexpr Duration kCheck = 10ms;
constexpr Duration kLoad = 1s;
constexpr Duration kStop = 200ms;
constexpr Duration kAnswer = 500ms;
// Everybody left may need a switch of his own, and each switch a few deadlines.
constexpr std::uint64_t kStepsAtLeast = 1'000;
constexpr std::uint64_t kStepsForEachRequest = 100;

class HealthyWorld {
 public:
  explicit HealthyWorld(Player& player) : player_(player) {
    for (const auto& [id, request] : player.invariants().running()) {
      plan_.add(player.now() + kAnswer, RequestClosed{.request = id});
    }
  }

  // Whether there was something to do.
  bool step() {
    const auto deadline = player_.next_deadline();
    Commands commands;
    if (!plan_.empty() && (!deadline || plan_.next_time() < *deadline)) {
      auto next = plan_.take();
      commands = player_.play(moment_of(next.time, std::move(next.event), player_.last_start()));
    } else if (deadline) {
      commands = player_.tell_deadline();
    } else {
      return false;
    }
    for (const auto& command : commands) {
      std::visit([this](const auto& wanted) { obey(wanted); }, command);
    }
    return true;
  }

 private:
  void plan(Duration after, const Event& event) { plan_.add(player_.now() + after, event); }

  void obey(const CheckModelFile& command) {
    plan(kCheck, ModelFileChecked{.model = command.model, .problem = std::nullopt});
  }
  void obey(const CheckMemory& command) {
    plan(kCheck, MemoryChecked{.model = command.model, .suffices = true});
  }
  void obey(const StartEngine& command) {
    constexpr std::uint32_t kSlots = 64;
    plan(kLoad, EngineReady{.epoch = command.epoch, .slots = kSlots});
  }
  void obey(const StopEngine& command) {
    plan(kStop, EngineExited{.epoch = command.epoch, .reason = "stopped"});
  }
  void obey(const KillEngine& command) {
    plan(kStop, EngineExited{.epoch = command.epoch, .reason = "killed"});
  }
  void obey(const StartRequest& command) { plan(kAnswer, RequestClosed{.request = command.request}); }
  template <class Other>
  void obey(const Other& /*command*/) {}

  Player& player_;
  Plan plan_;
};

}  // namespace

Moment moment_of(TimePoint time, Event event, Epoch last_start) {
  Moment moment{.time = time, .event = std::move(event)};
  const auto told_from_last = [&](Epoch epoch) {
    moment.starts_ago = static_cast<std::uint32_t>(last_start.value() - epoch.value());
  };
  if (const auto* news = std::get_if<EngineProgressed>(&moment.event)) told_from_last(news->epoch);
  if (const auto* news = std::get_if<EngineReady>(&moment.event)) told_from_last(news->epoch);
  if (const auto* news = std::get_if<EngineExited>(&moment.event)) told_from_last(news->epoch);
  return moment;
}

// Loose on purpose: what was measured may be as long as the run so far, and each limit may have to pass once
// for each request left. It tells "for ever" from "long".
Duration Player::longest_drain() const {
  auto once = options_.stop_timeout * 2 + options_.release_timeout + options_.starvation_limit +
              options_.shutdown_grace + options_.flex_limit + kCheck + kLoad + kStop + kAnswer;
  for (const auto& model : options_.models) once += model.load_timeout * 2 + model.idle_unload;
  const auto measured = (now_ - began_) * 4 * static_cast<std::int64_t>(options_.models.size());
  const auto left = static_cast<std::int64_t>(invariants_.waiting().size() + 2);
  return (once + measured) * left;
}

void Player::settle() {
  const auto end = now_ + longest_drain();
  const auto steps_max = invariants_.steps() + kStepsAtLeast +
                         kStepsForEachRequest * (invariants_.waiting().size() + invariants_.running().size());
  HealthyWorld world(*this);
  const auto all_is_done = [this] {
    return invariants_.everything_has_ended() && (!invariants_.stop_asked() || invariants_.stopped());
  };
  while (is_clean() && !all_is_done()) {
    if (!world.step())
      return invariants_.violate("somebody waits for ever: nothing is left that could happen");
    if (invariants_.steps() > steps_max)
      return invariants_.violate("it does not come to rest: too many steps");
    if (now_ > end) return invariants_.violate("it does not come to rest: it takes too long");
  }
}

}  // namespace signalbox::simulate
