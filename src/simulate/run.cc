// Events happen in the order of (time, sequence). The trace is walked by a cursor; only what is under way
// lies in the heap, so that an event costs O(log of the workers and users).
#include "simulate/run.h"

#include <algorithm>
#include <memory>
#include <queue>
#include <utility>

#include "base/assert.h"

namespace signalbox::simulate {
namespace {

constexpr Duration kToken = std::chrono::milliseconds(1);
// A request comes, starts and goes, perhaps with a switch of its own: ten steps and a deadline or two.
constexpr std::uint64_t kStepsMaxEach = 1000;
constexpr std::uint64_t kStepsBetweenProgress = 65'536;

std::uint32_t tokens_of(Duration service) {
  return static_cast<std::uint32_t>((service + kToken - Duration(1)) / kToken);
}

struct Planned {
  enum class Kind : std::uint8_t { closed, ready, exited, checked, user_asks };
  TimePoint time;
  std::uint64_t sequence = 0;
  Kind kind = Kind::closed;
  std::uint64_t number = 0;  // of the request, epoch, model or user

  friend bool operator<(const Planned& a, const Planned& b) {
    return std::pair(a.time, a.sequence) > std::pair(b.time, b.sequence);
  }
};

class World {
 public:
  World(const Workload& workload, const Settings& settings, Policy& policy, const OnProgress& on_progress)
      : workload_(workload), settings_(settings), policy_(policy), on_progress_(on_progress) {
    SB_ASSERT(settings.scheduling.models.size() == workload.models());
    SB_ASSERT(settings.engines.size() == workload.models());
    total_ = workload.requests();
    outcome_.requests.reserve(total_);
    services_.reserve(total_);
    users_.reserve(total_);
    outcome_.loads.resize(workload.models());
    asked_.resize(workload.users.size());
    for (std::size_t user = 0; user < workload.users.size(); ++user) plan_ask(user);
  }

  Outcome run() {
    for (std::uint64_t steps = 0; ended_ < total_; ++steps) {
      const auto time = next_time();
      if (!time || steps > kStepsMaxEach * (total_ + 1)) {
        outcome_.ending = Ending::stuck;
        break;
      }
      if (settings_.time_max && *time - kBeginning > *settings_.time_max) {
        now_ = kBeginning + *settings_.time_max;
        outcome_.ending = Ending::time_over;
        break;
      }
      now_ = *time;
      happen();
      if (on_progress_ && steps % kStepsBetweenProgress == 0) on_progress_({.ended = ended_, .of = total_});
    }
    if (ready_) outcome_.stays.back().to = now_;
    if (switching_since_) outcome_.switching += now_ - *switching_since_;
    outcome_.length = now_ - kBeginning;
    return std::move(outcome_);
  }

 private:
  static constexpr TimePoint kBeginning{};
  static constexpr std::uint32_t kNoUser = ~std::uint32_t{0};

  [[nodiscard]] std::optional<TimePoint> arrival_time() const {
    const auto& requests = workload_.trace.requests;
    if (cursor_ == requests.size()) return std::nullopt;
    return kBeginning + requests[cursor_].arrived;
  }

  [[nodiscard]] std::optional<TimePoint> next_time() {
    std::optional<TimePoint> next = arrival_time();
    const auto consider = [&next](TimePoint time) { next = next ? std::min(*next, time) : time; };
    if (!planned_.empty()) consider(planned_.top().time);
    if (const auto deadline = policy_.next_deadline()) consider(std::max(*deadline, now_));
    return next;
  }

  // What was planned goes before what comes anew in the same instant, and news before deadlines.
  void happen() {
    if (!planned_.empty() && planned_.top().time <= now_) {
      const auto next = planned_.top();
      planned_.pop();
      return happen(next);
    }
    if (arrival_time() == now_) {
      const auto& request = workload_.trace.requests[cursor_++];
      return arrive(request, kNoUser);
    }
    step(sched::DeadlinePassed{});
  }

  void happen(const Planned& planned) {
    switch (planned.kind) {
      case Planned::Kind::closed:
        return close(planned.number);
      case Planned::Kind::ready:
        outcome_.switching += now_ - *std::exchange(switching_since_, std::nullopt);
        outcome_.stays.push_back({.model = loading_, .from = now_, .to = now_});
        ready_ = true;
        return step(sched::EngineReady{.epoch = Epoch(planned.number),
                                       .slots = settings_.scheduling.models[to_index(loading_)].workers});
      case Planned::Kind::exited:
        // An engine of an older epoch was killed while it stopped; its exit is old news.
        return step(sched::EngineExited{.epoch = Epoch(planned.number), .reason = "told to"});
      case Planned::Kind::checked:
        return step(sched::ModelFileChecked{.model = ModelIndex(static_cast<std::uint32_t>(planned.number)),
                                            .problem = std::nullopt});
      case Planned::Kind::user_asks: {
        const auto& ask = workload_.users[planned.number].asks[asked_[planned.number]++];
        return arrive({.arrived = now_ - kBeginning, .model = ask.model, .service = ask.service},
                      static_cast<std::uint32_t>(planned.number));
      }
    }
  }

  void arrive(const TraceRequest& request, std::uint32_t user) {
    outcome_.requests.push_back(
        {.model = request.model, .service_class = request.service_class, .arrived = now_});
    services_.push_back(request.service);
    users_.push_back(user);
    sched::RequestArrived arrived{.request = RequestId(outcome_.requests.size()), .model = request.model};
    arrived.service_class = request.service_class;
    if (settings_.lengths == Lengths::known) arrived.tokens_max = tokens_of(request.service);
    step(arrived);
  }

  void close(std::uint64_t number) {
    --running_;
    sched::RequestClosed closed{.request = RequestId(number)};
    if (settings_.lengths == Lengths::known) closed.tokens = tokens_of(services_[number - 1]);
    end(number, Fate::served);
    step(closed);
  }

  void end(std::uint64_t number, Fate fate) {
    outcome_.requests[number - 1].fate = fate;
    ++ended_;
    if (users_[number - 1] != kNoUser) plan_ask(users_[number - 1]);
  }

  void plan_ask(std::size_t user) {
    const auto& asks = workload_.users[user].asks;
    if (asked_[user] < asks.size()) plan(asks[asked_[user]].after, Planned::Kind::user_asks, user);
  }

  void plan(Duration after, Planned::Kind kind, std::uint64_t number) {
    planned_.push({.time = now_ + after, .sequence = ++sequence_, .kind = kind, .number = number});
  }

  void step(const sched::Event& event) {
    for (const auto& command : policy_.step(event, now_)) {
      std::visit([this](const auto& wanted) { obey(wanted); }, command);
    }
  }

  void obey(const sched::StartRequest& command) {
    const auto number = command.request.value();
    ++running_;
    SB_ASSERT(ready_ && running_ <= settings_.scheduling.models[to_index(loading_)].workers);
    auto& record = outcome_.requests[number - 1];
    record.wait = now_ - record.arrived;
    plan(services_[number - 1], Planned::Kind::closed, number);
  }
  void obey(const sched::RefuseRequest& command) {
    auto& record = outcome_.requests[command.request.value() - 1];
    record.wait = now_ - record.arrived;
    end(command.request.value(), Fate::rejected);
  }
  void obey(const sched::CheckModelFile& command) {
    plan(Duration{0}, Planned::Kind::checked, command.model.value());
  }
  void obey(const sched::StartEngine& command) {
    loading_ = command.model;
    if (!switching_since_) switching_since_ = now_;
    ++outcome_.loads[to_index(command.model)];
    plan(settings_.engines[to_index(command.model)].load, Planned::Kind::ready, command.epoch.value());
  }
  void obey(const sched::StopEngine& command) {
    leave();
    plan(settings_.engines[to_index(loading_)].stop, Planned::Kind::exited, command.epoch.value());
  }
  // Only of one that takes longer to stop than it may: nothing else fails here.
  void obey(const sched::KillEngine& command) {
    SB_ASSERT(!ready_);
    plan(Duration{0}, Planned::Kind::exited, command.epoch.value());
  }
  template <class Other>
  void obey(const Other& /*command*/) {}

  void leave() {
    SB_ASSERT(ready_ && running_ == 0);
    ready_ = false;
    outcome_.stays.back().to = now_;
    switching_since_ = now_;
  }

  const Workload& workload_;
  const Settings& settings_;
  Policy& policy_;
  const OnProgress& on_progress_;
  Outcome outcome_;
  std::vector<Duration> services_;    // of each request so far
  std::vector<std::uint32_t> users_;  // likewise: who asked
  std::vector<std::uint32_t> asked_;  // of each user: how often so far
  std::priority_queue<Planned> planned_;
  std::uint64_t sequence_ = 0;
  std::size_t cursor_ = 0;  // in the trace
  std::size_t total_ = 0;
  std::size_t ended_ = 0;
  std::uint32_t running_ = 0;
  ModelIndex loading_;  // or ready
  bool ready_ = false;
  std::optional<TimePoint> switching_since_;
  TimePoint now_ = kBeginning;
};

}  // namespace

Settings same_for_all(std::size_t models, const ModelSettings& each) {
  Settings settings;
  settings.scheduling.models.resize(models);
  for (auto& model : settings.scheduling.models) {
    model.queue_size = each.queue_size;
    model.flex_queue_size = each.queue_size;
    model.workers = each.workers;
  }
  settings.engines.assign(models, each.engine);
  return settings;
}

Outcome run(const Workload& workload, const Settings& settings, Policy& policy,
            const OnProgress& on_progress) {
  return World(workload, settings, policy, on_progress).run();
}

Outcome run(const Workload& workload, Settings settings, PolicyName policy, const OnProgress& on_progress) {
  for (std::size_t i = 0; i < settings.engines.size(); ++i) {
    auto& model = settings.scheduling.models[i];
    // An engine that takes its time here tells of no progress on the way.
    model.load_timeout = std::max(model.load_timeout, settings.engines[i].load + Duration(1));
    if (settings.lengths == Lengths::known) model.believed.per_token = kToken;
  }
  const auto decides = make_policy(policy, settings.scheduling);
  return run(workload, settings, *decides, on_progress);
}

}  // namespace signalbox::simulate
