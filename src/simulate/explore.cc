#include "simulate/explore.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "sched/scheduler.h"
#include "simulate/explore_moves.h"
#include "simulate/invariants.h"

namespace signalbox::simulate {

namespace {

using namespace std::chrono_literals;

// Nothing in such a world asks for an age above this: wait limits and all that is built of T are shorter.
constexpr Duration kAgeMax = 120s;
constexpr TimePoint kBeginning{1h};

// How a state was reached; shared by all that follow from it.
struct Link {
  std::shared_ptr<const Link> before;
  Moment moment;
};

struct State {
  sched::Scheduler scheduler;
  Invariants known;
  Budget budget;
  TimePoint now = kBeginning;
  std::uint32_t depth = 0;
  std::shared_ptr<const Link> how;
};

// Of 128 bits: among 10^8 states the chance of one collision is 10^-23, so that no state is missed for it.
struct Mark {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};
struct MarkHash {
  std::size_t operator()(const Mark& mark) const { return mark.low; }
};

Mark mark_of(std::string_view text) {
  // FNV-1a for one half, the library's hash for the other.
  std::uint64_t fnv = 1469598103934665603ULL;
  for (const char c : text) fnv = (fnv ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return {.high = fnv, .low = std::hash<std::string_view>()(text)};
}

// What decides of the scheduler, and what the world around it may still do.
Mark mark_of(const State& state) {
  auto text = state.scheduler.fingerprint(state.now, kAgeMax);
  const auto& engine = state.known.engine();
  text += fmt::format("#{},{},{},{}", state.budget.arrivals, state.budget.selects, state.budget.faults,
                      engine ? (engine->told_to_go ? 2 : 1) : 0);
  for (const auto model : state.known.checks_out()) text += fmt::format(",{}", model.value());
  return mark_of(text);
}

class Exploration {
 public:
  explicit Exploration(const SmallWorld& world) : world_(world) {}

  Explored run() {
    const auto options = options_of(world_);
    State first{.scheduler = sched::Scheduler(options),
                .known = Invariants(options),
                .budget = {.arrivals = 0, .selects = world_.selects, .faults = world_.faults},
                .how = nullptr};
    seen_.insert(mark_of(first));
    frontier_.push_back(std::move(first));
    while (!frontier_.empty() && found_.violation.empty()) {
      if (seen_.size() > world_.states_max) break;
      const auto state = std::move(frontier_.front());
      frontier_.pop_front();
      found_.depth = std::max(found_.depth, state.depth);
      if (state.depth < world_.depth_max) follow(state);
      is_cut_ = is_cut_ || state.depth >= world_.depth_max;
    }
    found_.states = seen_.size();
    found_.is_complete = frontier_.empty() && !is_cut_ && found_.violation.empty();
    return std::move(found_);
  }

 private:
  void follow(const State& state) {
    for (const auto& move : moves(world_, state.known, state.budget)) go(state, move, state.now);
    if (const auto next = state.scheduler.next_deadline()) {
      go(state, {.event = sched::DeadlinePassed{}, .after = state.budget}, *next);
    }
  }

  void go(const State& from, const Move& move, TimePoint when) {
    if (!found_.violation.empty()) return;
    ++found_.transitions;
    State to = from;
    to.budget = move.after;
    to.now = when;
    ++to.depth;
    const auto commands = to.scheduler.step(move.event, when);
    to.known.look(move.event, commands, to.scheduler, when);
    const bool is_new = seen_.insert(mark_of(to)).second;
    const bool is_clean = to.known.violations().empty();
    if (!is_new && is_clean) return;
    to.how =
        std::make_shared<const Link>(Link{.before = from.how, .moment = {.time = when, .event = move.event}});
    if (!is_clean) return report(to);
    frontier_.push_back(std::move(to));
  }

  void report(const State& state) {
    found_.violation = state.known.violations().front();
    for (const auto* link = state.how.get(); link != nullptr; link = link->before.get()) {
      found_.path.push_back(link->moment);
    }
    std::ranges::reverse(found_.path);
  }

  SmallWorld world_;
  std::unordered_set<Mark, MarkHash> seen_;  // never walked through
  std::deque<State> frontier_;
  Explored found_;
  bool is_cut_ = false;
};

}  // namespace

sched::Options options_of(const SmallWorld& world) {
  sched::Options options;
  options.learning = sched::Learning::fixed;
  options.replay = world.replay;
  options.models.resize(world.models);
  for (auto& model : options.models) {
    model.workers = world.workers;
    model.queue_size = 2;
    model.wait_timeout = 30s;
    model.load_timeout = 60s;
    model.believed = {.service = 2s, .changeover = 4s, .tail = 1s};
  }
  return options;
}

Explored explore(const SmallWorld& world) {
  return Exploration(world).run();
}

}  // namespace signalbox::simulate
