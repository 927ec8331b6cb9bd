#include "simulate/chaos.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace signalbox::simulate {

using namespace sched;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kModelsMax = 5;
constexpr std::uint32_t kRequestsMax = 200;
constexpr std::size_t kMomentsMax = 20'000;
constexpr Duration kLongestLeap = 1h;

}  // namespace

void ChaosCounts::add(const ChaosCounts& other) {
  runs += other.runs;
  steps += other.steps;
  requests += other.requests;
  started += other.started;
  switches += other.switches;
  faults += other.faults;
  replays += other.replays;
  overlaps += other.overlaps;
  longest_wait = std::max(longest_wait, other.longest_wait);
  largest_backlog = std::max(largest_backlog, other.largest_backlog);
}

Chaos::Chaos(const ChaosSettings& settings)
    : settings_(settings),
      draws_(settings.seed),
      rates_(draw_fault_rates(draws_, settings.weather)),
      options_(draw_options(draws_, draws_.between(1, kModelsMax), settings.weather)),
      player_(options_, Looks::at_every_step, settings.tamper),
      service_max_(1ms + draws_.up_to(draws_.one_in(3) ? 20s : 2s)),
      load_max_(1ms + draws_.up_to(draws_.one_in(3) ? 30s : 3s)) {}

std::string Chaos::violation() const {
  return player_.is_clean() ? "" : player_.invariants().violations().front();
}

void Chaos::run() {
  counts_.runs = 1;
  plan_clients();
  const auto moments_max = std::min(kMomentsMax, settings_.moments_max);
  while (timeline_.size() < moments_max && player_.is_clean() && next()) {
  }
  // Deadlines that came after the last moment belong to the timeline too.
  if (timeline_.size() < settings_.moments_max && player_.is_clean())
    happen(Moment{.time = player_.now(), .event = DeadlinePassed{}});
  if (timeline_.size() < settings_.moments_max && player_.is_clean()) player_.settle();
  counts_.steps = player_.invariants().steps();
}

void Chaos::plan_clients() {
  const auto count = draws_.between(5, kRequestsMax);
  const auto longest_pause = 1ms + draws_.up_to(draws_.one_in(3) ? 1s : 10s);
  Duration when{1};
  for (std::uint32_t i = 1; i <= count; ++i) {
    // Bursts: some come together.
    if (!draws_.one_in(4)) when += draws_.up_to(longest_pause);
    plan_client(when, i);
  }
  if (draws_.one_in(rates_.stops)) plan(draws_.up_to(when), StopAsked{});
}

void Chaos::plan_client(Duration when, std::uint64_t number) {
  const auto draw_model = [this] {
    // The first models are asked for most.
    const auto count = static_cast<std::uint32_t>(options_.models.size());
    return ModelIndex(std::min(draws_.between(0, count - 1), draws_.between(0, count - 1)));
  };
  RequestArrived arrival{.request = RequestId(number), .model = draw_model()};
  if (draws_.one_in(8)) arrival.places = draws_.between(1, 5);
  if (draws_.one_in(2)) arrival.mode = AnswerMode::whole;
  if (settings_.weather == Weather::storm && draws_.one_in(3))
    arrival.service_class = static_cast<ServiceClass>(draws_.below(3));
  if (draws_.one_in(2)) arrival.tokens_max = draws_.between(0, 2'000);
  ++counts_.requests;
  plan(when, arrival);
  if (fault(rates_.waiters_leave)) plan(when + draws_.up_to(10s), WaiterLeft{.request = arrival.request});
  if (fault(rates_.selects)) plan(when, SelectAsked{.select = SelectId(number), .model = draw_model()});
  if (fault(rates_.reloads)) {
    auto changed =
        draw_options(draws_, static_cast<std::uint32_t>(options_.models.size()), settings_.weather);
    plan(when, OptionsChanged{.options = std::make_shared<const Options>(std::move(changed))});
  }
}

bool Chaos::next() {
  if (draws_.one_in(rates_.leaps)) {
    leap();
    return true;
  }
  const auto deadline = player_.next_deadline();
  if (plan_.empty()) return false;  // what deadlines alone bring is the settling's business
  // An event that comes before a deadline that has passed.
  const bool is_late = deadline && *deadline <= plan_.next_time() && fault(rates_.shell_late);
  if (deadline && !is_late && *deadline <= plan_.next_time()) {
    take(player_.tell_deadline());
    return true;
  }
  auto planned = plan_.take();
  if (is_void(planned)) return true;
  if (const auto* closed = std::get_if<RequestClosed>(&planned.event)) lose_answer(planned, *closed);
  const auto time = std::max(player_.now(), planned.time);
  auto moment = moment_of(time, std::move(planned.event), player_.last_start());
  if (is_late) moment.told_up_to = player_.now();
  happen(moment);
  return true;
}

void Chaos::happen(const Moment& moment) {
  timeline_.push_back(moment);
  if (settings_.on_moment) settings_.on_moment(timeline_.size());
  if (timeline_.size() < settings_.moments_max) take(player_.play(moment));
}

void Chaos::leap() {
  ++counts_.faults;
  happen(Moment{.time = player_.now() + draws_.up_to(kLongestLeap),
                .event = DeadlinePassed{},
                .told_up_to = player_.now()});
}

void Chaos::take(const Commands& commands) {
  for (const auto& command : commands) {
    std::visit([this](const auto& wanted) { obey(wanted); }, command);
  }
  if (settings_.weather == Weather::storm) return;
  const auto backlog = player_.scheduler().snapshot(player_.now()).backlog;
  counts_.largest_backlog = std::max(counts_.largest_backlog, backlog);
}

bool Chaos::is_void(const Planned& planned) const {
  if (planned.run == 0) return false;
  const auto closed = std::get_if<RequestClosed>(&planned.event);
  const auto began = std::get_if<AnswerBegan>(&planned.event);
  if (closed == nullptr && began == nullptr) return false;
  const auto place = runs_.find(closed != nullptr ? closed->request : began->request);
  return place == runs_.end() || place->second != planned.run;
}

// An answer of which its client has had nothing is not over when the engine fails it. Unless the engine turns
// out dead, the shell says so later.
void Chaos::lose_answer(Planned& planned, RequestClosed closed) {
  const bool failed = closed.closing == Closing::engine_silent || closed.closing == Closing::engine_broke;
  const auto place = player_.invariants().running().find(closed.request);
  if (!failed || place == player_.invariants().running().end() || place->second.begun) return;
  planned.event = AnswerLost{.request = closed.request, .closing = closed.closing};
  closed.closing = Closing::cut;
  if (!fault(rates_.places_never)) {
    plan(draws_.up_to(fault(rates_.places_late) ? 60s : 1s), closed, planned.run);
  }
}

bool Chaos::fault(std::uint32_t one_in) {
  if (!draws_.one_in(one_in)) return false;
  ++counts_.faults;
  return true;
}

void Chaos::plan(Duration after, Event event, std::uint32_t run) {
  plan_.add(player_.now() + after, std::move(event), run);
}

// News of an engine may come late and more than once.
void Chaos::plan_news(Duration after, const Event& event) {
  plan(after, event);
  if (fault(rates_.news_echo)) plan(after + draws_.up_to(2s), event);
  if (fault(rates_.news_late)) plan(after + draws_.up_to(60s), event);
}

std::uint32_t Chaos::draw_jitter() {
  return draws_.between(0, 1'000);
}

}  // namespace signalbox::simulate
