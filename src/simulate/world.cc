#include "simulate/world.h"

#include <algorithm>

#include "base/assert.h"

namespace signalbox::simulate {
namespace {

// A request comes, starts and goes, perhaps with a switch of its own: ten steps and a deadline or two.
constexpr std::uint64_t kStepsMaxEach = 1000;
constexpr std::uint64_t kStepsBetweenProgress = 65'536;

std::uint32_t tokens_of(Duration service) {
  return static_cast<std::uint32_t>((service + kToken - Duration(1)) / kToken);
}

}  // namespace

World::World(const Workload& workload, const Settings& settings, Policy& policy,
             const OnProgress& on_progress)
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

Outcome World::run() {
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
  stop_switching();
  outcome_.length = now_ - kBeginning;
  return std::move(outcome_);
}

std::optional<TimePoint> World::arrival_time() const {
  const auto& requests = workload_.trace.requests;
  if (cursor_ == requests.size()) return std::nullopt;
  return kBeginning + requests[cursor_].arrived;
}

std::optional<TimePoint> World::next_time() const {
  std::optional<TimePoint> next = arrival_time();
  const auto consider = [&next](TimePoint time) { next = next ? std::min(*next, time) : time; };
  if (!planned_.empty()) consider(planned_.top().time);
  if (const auto deadline = policy_.next_deadline()) consider(std::max(*deadline, now_));
  return next;
}

// What was planned goes before what comes anew in the same instant, and news before deadlines.
void World::happen() {
  if (!planned_.empty() && planned_.top().time <= now_) {
    const auto next = planned_.top();
    planned_.pop();
    return happen(next);
  }
  if (arrival_time() == now_) return arrive(workload_.trace.requests[cursor_++], kNoUser);
  step(sched::DeadlinePassed{});
}

void World::happen(const Planned& planned) {
  switch (planned.kind) {
    case Planned::Kind::closed:
      return close(planned.number);
    case Planned::Kind::ready:
      return become_ready(Epoch(planned.number));
    case Planned::Kind::exited:
      return exit(Epoch(planned.number));
    case Planned::Kind::checked:
      return step(sched::ModelFileChecked{.model = ModelIndex(static_cast<std::uint32_t>(planned.number)),
                                          .problem = std::nullopt});
    case Planned::Kind::memory_checked:
      return step(sched::MemoryChecked{.model = ModelIndex(static_cast<std::uint32_t>(planned.number)),
                                       .suffices = true});
    case Planned::Kind::user_asks: {
      const auto& ask = workload_.users[planned.number].asks[asked_[planned.number]++];
      return arrive({.arrived = now_ - kBeginning, .model = ask.model, .service = ask.service},
                    static_cast<std::uint32_t>(planned.number));
    }
  }
}

void World::become_ready(Epoch epoch) {
  if (successor_ && successor_->epoch == epoch) {
    successor_->ready = true;
    return step(sched::EngineReady{.epoch = epoch, .slots = places(successor_->model)});
  }
  if (epoch != epoch_) return;  // it was killed
  begin_stay();
  step(sched::EngineReady{.epoch = epoch, .slots = places(engine_)});
}

void World::begin_stay() {
  stop_switching();
  outcome_.stays.push_back({.model = engine_, .from = now_, .to = now_});
  ready_ = true;
}

void World::exit(Epoch epoch) {
  if (epoch == epoch_ && successor_) {
    promote_successor();
  } else if (epoch == epoch_) {
    // Without a next one it was unloaded for being idle, and what follows is no switch. A start goes on at
    // once.
    stop_switching();
  }
  step(sched::EngineExited{.epoch = epoch, .reason = "told to"});
}

void World::promote_successor() {
  const auto next = *std::exchange(successor_, std::nullopt);
  engine_ = next.model;
  epoch_ = next.epoch;
  if (next.ready) begin_stay();
}

void World::arrive(const TraceRequest& request, std::uint32_t user) {
  outcome_.requests.push_back(
      {.model = request.model, .service_class = request.service_class, .arrived = now_});
  services_.push_back(request.service);
  users_.push_back(user);
  sched::RequestArrived arrived{.request = RequestId(outcome_.requests.size()), .model = request.model};
  arrived.service_class = request.service_class;
  if (settings_.lengths == Lengths::known) arrived.tokens_max = tokens_of(request.service);
  step(arrived);
  outcome_.requests[arrived.request.value() - 1].estimate = policy_.estimate_of(arrived.request, now_);
}

void World::close(std::uint64_t number) {
  --running_;
  sched::RequestClosed closed{.request = RequestId(number)};
  if (settings_.lengths == Lengths::known) closed.tokens = tokens_of(services_[number - 1]);
  end(number, Fate::served);
  step(closed);
}

void World::end(std::uint64_t number, Fate fate) {
  outcome_.requests[number - 1].fate = fate;
  ++ended_;
  if (users_[number - 1] != kNoUser) plan_ask(users_[number - 1]);
}

void World::plan_ask(std::size_t user) {
  const auto& asks = workload_.users[user].asks;
  if (asked_[user] < asks.size()) plan(asks[asked_[user]].after, Planned::Kind::user_asks, user);
}

void World::plan(Duration after, Planned::Kind kind, std::uint64_t number) {
  planned_.push({.time = now_ + after, .sequence = ++sequence_, .kind = kind, .number = number});
}

void World::step(const sched::Event& event) {
  for (const auto& command : policy_.step(event, now_)) {
    std::visit([this](const auto& wanted) { obey(wanted); }, command);
  }
}

void World::stop_switching() {
  if (switching_since_) outcome_.switching += now_ - *switching_since_;
  switching_since_.reset();
}

std::uint32_t World::places(ModelIndex model) const {
  return settings_.scheduling.models[to_index(model)].workers;
}

void World::obey(const sched::StartRequest& command) {
  const auto number = command.request.value();
  ++running_;
  SB_ASSERT(ready_ && running_ <= places(engine_));
  auto& record = outcome_.requests[number - 1];
  SB_ASSERT(record.model == engine_);
  record.wait = now_ - record.arrived;
  plan(services_[number - 1], Planned::Kind::closed, number);
}

void World::obey(const sched::RefuseRequest& command) {
  auto& record = outcome_.requests[command.request.value() - 1];
  record.wait = now_ - record.arrived;
  end(command.request.value(), Fate::rejected);
}

void World::obey(const sched::CheckModelFile& command) {
  plan(Duration{0}, Planned::Kind::checked, command.model.value());
}

// There is always room for two: how much a model takes is nothing that a workload tells.
void World::obey(const sched::CheckMemory& command) {
  plan(Duration{0}, Planned::Kind::memory_checked, command.model.value());
}

void World::obey(const sched::StartEngine& command) {
  if (command.beside) {
    successor_ = Successor{.model = command.model, .epoch = command.epoch};
  } else {
    engine_ = command.model;
    epoch_ = command.epoch;
    if (!switching_since_) switching_since_ = now_;
  }
  ++outcome_.loads[to_index(command.model)];
  plan(settings_.engines[to_index(command.model)].load, Planned::Kind::ready, command.epoch.value());
}

void World::obey(const sched::StopEngine& command) {
  SB_ASSERT(ready_ && running_ == 0);
  ready_ = false;
  outcome_.stays.back().to = now_;
  switching_since_ = now_;
  plan(settings_.engines[to_index(engine_)].stop, Planned::Kind::exited, command.epoch.value());
}

// Of one that takes longer to stop than it may, or of a successor that is no longer the next one: nothing
// else fails here. What was planned for it is late news then, which the scheduler drops.
void World::obey(const sched::KillEngine& command) {
  const bool is_successor = successor_ && successor_->epoch == command.epoch;
  SB_ASSERT(!ready_ || is_successor);
  if (is_successor) successor_.reset();
  plan(Duration{0}, Planned::Kind::exited, command.epoch.value());
}

}  // namespace signalbox::simulate
