// What the chaotic world makes of a command.
#include <algorithm>
#include <utility>

#include "simulate/chaos.h"

namespace signalbox::simulate {

using namespace sched;
using namespace std::chrono_literals;

namespace {

constexpr Duration kLongestStop = 2s;
constexpr Duration kLongestCheck = 20ms;

}  // namespace

void Chaos::obey(const StartRequest& command) {
  ++counts_.started;
  counts_.longest_wait = std::max(counts_.longest_wait, command.wait_duration);
  const auto run = ++runs_[command.request];
  const auto service = draws_.up_to(service_max_);
  if (!draws_.one_in(4)) plan(draws_.up_to(service), AnswerBegan{.request = command.request}, run);
  close_early(command, service, run);
  if (fault(rates_.clients_gone_unheard)) {
    plan(draws_.up_to(service * 2), WaiterLeft{.request = command.request});
  }
}

void Chaos::close_early(const StartRequest& command, Duration after, std::uint32_t run) {
  RequestClosed closed{.request = command.request, .closing = Closing::answered};
  if (draws_.one_in(2)) closed.tokens = draws_.between(0, 1'000);
  if (fault(rates_.clients_cut)) closed.closing = Closing::cut;
  if (fault(rates_.engines_silent)) closed.closing = Closing::engine_silent;
  if (fault(rates_.answers_broken)) closed.closing = Closing::engine_broke;
  plan(after, closed, run);
  if (fault(rates_.places_never)) return;
  // Also for those that were answered and those that another fault closes: news that nobody waits for.
  plan(after + draws_.up_to(fault(rates_.places_late) ? 60s : 1s), PlacesFreed{.request = command.request});
}

// The shell forgets the run that its engine's death ended.
void Chaos::obey(const RequeueRequest& command) {
  ++counts_.replays;
  ++runs_[command.request];
}

void Chaos::obey(const CheckModelFile& command) {
  ModelFileChecked checked{
      .model = command.model, .problem = std::nullopt, .jitter_thousandths = draw_jitter()};
  if (fault(rates_.files_bad)) checked.problem = "broken";
  plan(draws_.up_to(fault(rates_.files_hang) ? 60s : kLongestCheck), checked);
}

EngineExited Chaos::exit_of(Epoch epoch) {
  return {.epoch = epoch, .reason = "it exited", .jitter_thousandths = draw_jitter()};
}

void Chaos::obey(const CheckMemory& command) {
  if (fault(rates_.memory_never_told)) return;
  plan(draws_.up_to(kLongestCheck), MemoryChecked{.model = command.model, .suffices = !draws_.one_in(4)});
}

void Chaos::obey(const StartEngine& command) {
  if (command.beside) {
    ++counts_.overlaps;
    if (fault(rates_.memory_short)) plan(draws_.up_to(load_max_ * 2), MemoryShort{});
  }
  if (fault(rates_.loads_hang)) return;
  if (fault(rates_.loads_fail)) return plan_news(draws_.up_to(load_max_), exit_of(command.epoch));
  auto load = draws_.up_to(load_max_);
  if (fault(rates_.loads_crawl)) load *= 10;
  constexpr int kProgressMax = 4;
  const auto steps = static_cast<int>(draws_.below(kProgressMax + 1));
  for (int i = 1; i <= steps; ++i) {
    const auto done = static_cast<std::uint32_t>(1'000 * i / kProgressMax);
    const auto known = draws_.one_in(4) ? std::nullopt : std::optional(done);
    plan_news(load * i / kProgressMax,
              EngineProgressed{.epoch = command.epoch, .progress_thousandths = known});
  }
  plan_news(load, EngineReady{.epoch = command.epoch, .slots = draws_.between(0, 5)});
  // Dies soon after ready, so that three deaths in a row occur, or later.
  const auto life = draws_.one_in(2) ? draws_.up_to(2s) : draws_.up_to(100s);
  if (fault(rates_.engines_die)) plan_news(load + life, exit_of(command.epoch));
}

void Chaos::obey(const StopEngine& command) {
  if (!fault(rates_.stops_ignored)) let_it_go(command.epoch, kLongestStop);
}

void Chaos::obey(const KillEngine& command) {
  if (!fault(rates_.stops_ignored)) let_it_go(command.epoch, 500ms);
}

void Chaos::let_it_go(Epoch epoch, Duration longest) {
  plan_news(draws_.up_to(longest), exit_of(epoch));
}

Duration Chaos::longest_switch() const {
  return load_max_ + kLongestStop + kLongestCheck;
}

void Chaos::obey(const SwitchFinished& /*command*/) {
  ++counts_.switches;
}

}  // namespace signalbox::simulate
