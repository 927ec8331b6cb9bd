// Runs chaos on new seeds for as long as it is told, and stops at the first violation.
//   signalbox_soak SECONDS [FIRST_SEED]
//   signalbox_soak --seed SEED            one run, made short if it fails, also if it aborts
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "base/time.h"
#include "chaos/failure.h"
#include "simulate/chaos.h"

namespace signalbox::simulate {
namespace {

constexpr Duration kBetweenWords = std::chrono::seconds(10);

void say(const ChaosCounts& counts, std::uint64_t seed, Duration passed) {
  fmt::print(
      "{:>6} s  seed {}  {} runs, {} requests, {} started, {} faults, {} switches, {} replays, "
      "{} overlaps, {} steps\n",
      to_ms(passed) / 1000, seed, counts.runs, counts.requests, counts.started, counts.faults,
      counts.switches, counts.replays, counts.overlaps, counts.steps);
  std::fflush(stdout);
}

// The program again, for the seed that aborted: only another process can make that one short.
std::string own_path;
std::string seed_in_digits;
void begin_again_for_the_seed(int /*signal*/) {
  std::string option = "--seed";
  char* arguments[] = {own_path.data(), option.data(), seed_in_digits.data(), nullptr};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv("/proc/self/exe", arguments);
}

int soak(Duration length, std::uint64_t seed) {
  const SystemClock clock;
  const auto began = clock.now();
  auto last_word = began;
  ChaosCounts counts;
  std::signal(SIGABRT, begin_again_for_the_seed);
  for (;; ++seed) {
    seed_in_digits = fmt::to_string(seed);
    Chaos chaos({.seed = seed});
    chaos.run();
    counts.add(chaos.counts());
    const auto now = clock.now();
    if (!chaos.violation().empty()) {
      say(counts, seed, now - began);
      fmt::print("{}\n", run_and_report(seed));
      return 1;
    }
    if (now - began >= length) break;
    if (now - last_word < kBetweenWords) continue;
    last_word = now;
    say(counts, seed, now - began);
  }
  say(counts, seed, clock.now() - began);
  fmt::print("no promise was broken\n");
  return 0;
}

int run_one(std::uint64_t seed) {
  const auto report = report_abort(seed);
  fmt::print("{}\n", report.empty() ? "no promise was broken" : report);
  return report.empty() ? 0 : 1;
}

}  // namespace
}  // namespace signalbox::simulate

int main(int count, char** arguments) {
  using namespace signalbox::simulate;
  const auto number = [&](int i) { return std::strtoull(arguments[i], nullptr, 10); };
  if (count == 3 && std::string_view(arguments[1]) == "--seed") return run_one(number(2));
  if (count < 2 || count > 3 || number(1) == 0) {
    fmt::print(stderr, "use: signalbox_soak SECONDS [FIRST_SEED], or signalbox_soak --seed SEED\n");
    return 2;
  }
  own_path = arguments[0];
  return soak(std::chrono::seconds(number(1)), count == 3 ? number(2) : 1);
}
