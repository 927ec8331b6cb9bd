#include "simulate/explore.h"

#include <chrono>
#include <deque>
#include <functional>
#include <limits>
#include <ranges>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

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

using Index = std::uint32_t;
constexpr Index kNowhere = std::numeric_limits<Index>::max();
constexpr Index kNotLookedAt = kNowhere - 1;

// What is kept of each state: how it was reached, and where a world without faults leads from it.
struct Node {
  Index parent = kNowhere;
  std::uint16_t move = 0;  // of the parent's steps
  bool is_at_rest = false;
  Index healthy = kNotLookedAt;
};

struct State {
  sched::Scheduler scheduler;
  Invariants known;
  Budget budget;
  TimePoint now = kBeginning;
  std::uint32_t depth = 0;
  Index index = 0;
};

// One event that may come next, and when.
struct Step {
  Move move;
  TimePoint when;
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
  const auto& budget = state.budget;
  text += fmt::format("#{},{},{},{},{}", budget.arrivals, budget.selects, budget.faults, budget.stops,
                      engine ? (engine->told_to_go ? 2 : 1) : 0);
  const auto& successor = state.known.successor();
  if (successor) text += successor->told_to_go ? ",leaving" : ",beside";
  for (const auto model : state.known.checks_out()) text += fmt::format(",{}", model.value());
  for (const auto model : state.known.memory_asked()) text += fmt::format(",m{}", model.value());
  return mark_of(text);
}

class Exploration {
 public:
  explicit Exploration(const SmallWorld& world) : world_(world) {}

  Explored run() {
    auto first = beginning();
    seen_.emplace(mark_of(first), 0);
    nodes_.push_back({.is_at_rest = is_at_rest(first)});
    frontier_.push_back(std::move(first));
    while (!frontier_.empty() && found_.violation.empty()) {
      if (nodes_.size() > world_.states_max) break;
      const auto state = std::move(frontier_.front());
      frontier_.pop_front();
      follow(state);
    }
    found_.states = nodes_.size();
    found_.is_complete = frontier_.empty() && !is_cut_ && found_.violation.empty();
    if (found_.violation.empty()) look_for_circles();
    return std::move(found_);
  }

 private:
  [[nodiscard]] State beginning() const {
    const auto options = options_of(world_);
    return {
        .scheduler = sched::Scheduler(options),
        .known = Invariants(options),
        .budget = {.arrivals = 0, .selects = world_.selects, .faults = world_.faults, .stops = world_.stops}};
  }

  static bool is_at_rest(const State& state) {
    const auto& known = state.known;
    return known.everything_has_ended() && !known.selected() && (!known.stop_asked() || known.stopped());
  }

  // In a fixed order, so that a number names one of them.
  [[nodiscard]] std::vector<Step> steps(const State& state) const {
    std::vector<Step> all;
    for (auto& move : moves(world_, state.known, state.budget)) {
      all.push_back({.move = std::move(move), .when = state.now});
    }
    if (const auto next = state.scheduler.next_deadline()) {
      all.push_back({.move = {.event = sched::DeadlinePassed{}, .after = state.budget}, .when = *next});
    }
    return all;
  }

  void follow(const State& state) {
    const auto all = steps(state);
    auto healthy = kNowhere;
    for (std::size_t i = 0; i < all.size() && found_.violation.empty(); ++i) {
      const auto target = go(state, all[i], static_cast<std::uint16_t>(i));
      const auto& event = all[i].move.event;
      // Time passes only where nothing else comes by itself.
      const bool leads_on =
          is_healthy(event, state.known) || std::holds_alternative<sched::DeadlinePassed>(event);
      if (healthy == kNowhere && leads_on) healthy = target;
    }
    nodes_[state.index].healthy = healthy;
  }

  static void apply(State& state, const Step& step) {
    state.budget = step.move.after;
    state.now = step.when;
    ++state.depth;
    const auto commands = state.scheduler.step(step.move.event, step.when);
    state.known.look(step.move.event, commands, state.scheduler, step.when);
  }

  // The state that it leads to.
  Index go(const State& from, const Step& step, std::uint16_t number) {
    ++found_.transitions;
    State to = from;
    apply(to, step);
    if (!to.known.violations().empty()) {
      report(to.known.violations().front(), from.index, {step});
      return kNowhere;
    }
    const auto next_index = static_cast<Index>(nodes_.size());
    const auto [place, is_new] = seen_.emplace(mark_of(to), next_index);
    if (!is_new) return place->second;
    nodes_.push_back({.parent = from.index, .move = number, .is_at_rest = is_at_rest(to)});
    to.index = next_index;
    found_.depth = to.depth;  // breadth first: never less than before
    if (to.depth < world_.depth_max) {
      frontier_.push_back(std::move(to));
    } else {
      is_cut_ = true;
    }
    return next_index;
  }

  // From each state on, a world without faults must come to rest: no dead end and no circle.
  void look_for_circles() {
    enum class Mood : std::uint8_t { unknown, on_the_way, good };
    std::vector<Mood> moods(nodes_.size(), Mood::unknown);
    std::vector<Index> way;
    for (Index begin = 0; begin < nodes_.size(); ++begin) {
      way.clear();
      auto at = begin;
      while (at < kNotLookedAt && !nodes_[at].is_at_rest && moods[at] == Mood::unknown) {
        moods[at] = Mood::on_the_way;
        way.push_back(at);
        at = nodes_[at].healthy;
      }
      if (at == kNowhere) return report("somebody waits and nothing leads on", way.back(), {});
      if (at < kNotLookedAt && moods[at] == Mood::on_the_way) {
        return report("somebody waits for ever although nothing fails", begin, {});
      }
      for (const auto passed : way) moods[passed] = Mood::good;
    }
  }

  void report(std::string violation, Index last, const std::vector<Step>& more) {
    found_.violation = std::move(violation);
    std::vector<std::uint16_t> numbers;
    for (auto at = last; nodes_[at].parent != kNowhere; at = nodes_[at].parent) {
      numbers.push_back(nodes_[at].move);
    }
    auto state = beginning();
    for (const auto number : std::views::reverse(numbers)) {
      const auto step = steps(state)[number];
      found_.path.push_back({.time = step.when, .event = step.move.event});
      apply(state, step);
    }
    for (const auto& step : more) found_.path.push_back({.time = step.when, .event = step.move.event});
  }

  SmallWorld world_;
  std::unordered_map<Mark, Index, MarkHash> seen_;  // never walked through
  std::vector<Node> nodes_;
  std::deque<State> frontier_;
  Explored found_;
  bool is_cut_ = false;
};

}  // namespace

sched::Options options_of(const SmallWorld& world) {
  sched::Options options;
  options.learning = sched::Learning::fixed;
  options.replay = world.replay;
  options.overlap = world.overlap;
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
