#include "chaos/failure.h"

#include <csignal>
#include <cstdlib>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/assert.h"
#include "simulate/chaos.h"
#include "simulate/shrink.h"

namespace signalbox::simulate {
namespace {

constexpr std::uint32_t kForkedTrialsMax = 3'000;

std::string commit() {
  const char* given = std::getenv("SIGNALBOX_COMMIT");
  return given == nullptr ? "unknown" : given;
}

std::string report(std::uint64_t seed, const std::string& violation, const Shrunk& shrunk) {
  return fmt::format(
      "{}\nseed {}, commit {}; again: signalbox_soak --seed {}\n{} events after {} trials:\n\n{}", violation,
      seed, commit(), seed, shrunk.run.timeline.size(), shrunk.trials,
      text_of(shrunk.run, fmt::format("Seed{}", seed)));
}

// Whether a child that does this ends by a signal. The child's words go nowhere.
bool ends_by_signal(const std::function<void()>& work) {
  const auto child = fork();
  SB_ASSERT(child >= 0);
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(2);
    std::signal(SIGABRT, SIG_DFL);
    work();
    _exit(0);
  }
  int status = 0;
  SB_ASSERT(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status);
}

std::string seed_in_words;
void say_seed(int /*signal*/) {
  // The end of the process follows whatever write says.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, seed_in_words.data(), seed_in_words.size());
}

}  // namespace

std::string run_and_report(std::uint64_t seed) {
  Chaos chaos({.seed = seed});
  chaos.run();
  const auto violation = chaos.violation();
  if (violation.empty()) return "";
  const auto still_fails = [&violation](const Recording& run) {
    return replay(run.options, run.timeline) == violation;
  };
  const Recording whole{.options = chaos.options(), .timeline = chaos.timeline()};
  if (!still_fails(whole)) {
    return fmt::format("{}\nseed {}: the recorded events do not show it again", violation, seed);
  }
  return report(seed, violation, shrink(whole, still_fails));
}

std::string report_abort(std::uint64_t seed) {
  // What the child had come to when it died.
  void* shared =
      mmap(nullptr, sizeof(std::size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SB_ASSERT(shared != MAP_FAILED);
  auto* moments = new (shared) std::size_t(0);
  const bool aborts = ends_by_signal([&] {
    Chaos chaos({.seed = seed, .on_moment = [moments](std::size_t count) { *moments = count; }});
    chaos.run();
  });
  if (!aborts) return run_and_report(seed);
  // That moment is drawn and kept but not played, so it does not abort here.
  Chaos chaos({.seed = seed, .moments_max = *moments});
  chaos.run();
  const auto still_fails = [](const Recording& run) {
    return ends_by_signal([&run] { static_cast<void>(replay(run.options, run.timeline)); });
  };
  const Recording whole{.options = chaos.options(), .timeline = chaos.timeline()};
  if (!still_fails(whole)) return fmt::format("seed {} aborts, its recorded events do not", seed);
  return report(seed, "the scheduler aborts", shrink(whole, still_fails, kForkedTrialsMax));
}

void name_seed_when_aborting(std::uint64_t seed) {
  seed_in_words = fmt::format("aborted in seed {}; again: signalbox_soak --seed {}\n", seed, seed);
  std::signal(SIGABRT, say_seed);
}

}  // namespace signalbox::simulate
