// What one event costs the scheduler, by how many wait and how many models there are (Google Benchmark). A
// small engine answers every command at once, and whoever ends is replaced by a newcomer, so that the number
// that wait stays. Virtual time moves on by 1 ms an event, so gates close, models are chosen and deadlines
// pass as they do in life.
#include <benchmark/benchmark.h>
#include <deque>
#include <malloc.h>
#include <random>
#include <variant>

#include "base/assert.h"
#include "sched/scheduler.h"

namespace signalbox::sched {
namespace {

constexpr std::uint32_t kWorkers = 4;
constexpr Duration kBetweenEvents = std::chrono::milliseconds(1);

Options options_for(std::uint32_t models, std::uint32_t waiting) {
  Options options;
  options.models.resize(models);
  for (auto& model : options.models) {
    model.queue_size = waiting + kWorkers;
    model.workers = kWorkers;
  }
  return options;
}

class Load {
 public:
  Load(std::uint32_t models, std::uint32_t waiting)
      : models_(models), scheduler_(options_for(models, waiting)) {
    while (waiting_ < waiting) arrive();
    turn();
  }

  // One request ends and another comes; how many events that took.
  std::size_t turn() {
    const auto before = events_;
    if (!running_.empty()) {
      const auto id = running_.front();
      running_.pop_front();
      play(RequestClosed{.request = id, .closing = Closing::answered, .tokens = 100});
      arrive();
    } else {
      play(DeadlinePassed{});
    }
    while (!news_.empty()) {
      const auto event = news_.front();
      news_.pop_front();
      play(event);
    }
    return events_ - before;
  }

  [[nodiscard]] std::uint32_t waiting() const { return waiting_; }
  [[nodiscard]] std::optional<RequestStatus> status_of_the_last() const {
    return scheduler_.status_of(last_, now_);
  }

 private:
  void arrive() {
    last_ = RequestId(++last_id_);
    ++waiting_;
    play(RequestArrived{.request = last_,
                        .model = ModelIndex(static_cast<std::uint32_t>(random_() % models_))});
  }

  void play(const Event& event) {
    ++events_;
    now_ += kBetweenEvents;
    for (const auto& command : scheduler_.step(event, now_)) {
      std::visit([this](const auto& wanted) { obey(wanted); }, command);
    }
  }

  void obey(const StartRequest& start) {
    running_.push_back(start.request);
    --waiting_;
  }
  void obey(const CheckModelFile& check) {
    news_.emplace_back(ModelFileChecked{.model = check.model, .problem = std::nullopt});
  }
  void obey(const StartEngine& start) {
    news_.emplace_back(EngineReady{.epoch = start.epoch, .slots = kWorkers});
  }
  void obey(const StopEngine& stop) { news_.emplace_back(EngineExited{.epoch = stop.epoch, .reason = ""}); }
  void obey(const RefuseRequest&) { SB_ASSERT(false && "the queues have room for all"); }
  template <class Other>
  void obey(const Other&) {}

  std::uint32_t models_;
  Scheduler scheduler_;
  std::mt19937_64 random_{1};
  std::deque<RequestId> running_;
  std::deque<Event> news_;
  RequestId last_;
  std::uint64_t last_id_ = 0;
  std::uint32_t waiting_ = 0;
  std::size_t events_ = 0;
  TimePoint now_{std::chrono::hours(1)};
};

void step(benchmark::State& state) {
  const auto waiting = static_cast<std::uint32_t>(state.range(0));
  const auto models = static_cast<std::uint32_t>(state.range(1));
  const auto bytes_before = mallinfo2().uordblks;
  Load load(models, waiting);
  const auto bytes = mallinfo2().uordblks - bytes_before;
  std::size_t events = 0;
  for ([[maybe_unused]] auto _ : state) events += load.turn();
  state.counters["per_event"] = benchmark::Counter(static_cast<double>(events),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_waiter"] = static_cast<double>(bytes) / waiting;
}
BENCHMARK(step)->ArgNames({"waiting", "models"})->ArgsProduct({{10, 1'000, 100'000}, {2, 27, 1'000}});

void status_of(benchmark::State& state) {
  Load load(static_cast<std::uint32_t>(state.range(1)), static_cast<std::uint32_t>(state.range(0)));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(load.status_of_the_last());
}
BENCHMARK(status_of)->ArgNames({"waiting", "models"})->ArgsProduct({{1'000, 100'000}, {2, 27, 1'000}});

}  // namespace
}  // namespace signalbox::sched

BENCHMARK_MAIN();
