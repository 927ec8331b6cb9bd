// Random numbers that are the same on every machine, and what a chaotic run draws before it begins: limits
// and how often each fault occurs.
#pragma once

#include <cstdint>
#include <random>

#include "base/time.h"
#include "sched/options.h"

namespace signalbox::simulate {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : rng_(seed) {}
  // 0..n-1
  std::uint64_t below(std::uint64_t n) { return rng_() % n; }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(below(high - low + 1ULL));
  }
  // 0: never.
  bool one_in(std::uint64_t n) { return n > 0 && below(n) == 0; }
  Duration up_to(Duration longest) {
    return Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(longest.count()) + 1)));
  }

 private:
  std::mt19937_64 rng_;
};

// How often: one in so many, 0 never. Each run has some of them off, so that faults also occur alone.
struct FaultRates {
  std::uint32_t waiters_leave = 0;  // of arrivals
  std::uint32_t clients_cut = 0;    // of starts, as the next five
  std::uint32_t engines_silent = 0;
  std::uint32_t answers_broken = 0;
  std::uint32_t places_late = 0;
  std::uint32_t places_never = 0;
  std::uint32_t clients_gone_unheard = 0;  // a waiter's leaving that crosses its start
  std::uint32_t files_bad = 0;             // of checks, as the next
  std::uint32_t files_hang = 0;
  std::uint32_t loads_fail = 0;  // of loads, as the next three
  std::uint32_t loads_hang = 0;
  std::uint32_t loads_crawl = 0;
  std::uint32_t engines_die = 0;
  std::uint32_t stops_ignored = 0;      // of stops and kills
  std::uint32_t memory_never_told = 0;  // of questions about it
  std::uint32_t memory_short = 0;       // of loads beside another engine
  std::uint32_t news_echo = 0;          // of engine news, as the next
  std::uint32_t news_late = 0;
  std::uint32_t selects = 0;  // of arrivals
  std::uint32_t reloads = 0;  // of arrivals
  std::uint32_t leaps = 0;    // of moments
  std::uint32_t shell_late = 0;
  std::uint32_t stops = 0;  // of runs
};

// Calm: nothing fails, nobody leaves, no limit ends a wait, all requests are standard ones: how long a wait
// may be is known.
enum class Weather : std::uint8_t { storm, calm };

[[nodiscard]] FaultRates draw_fault_rates(Draws& draws, Weather weather);
[[nodiscard]] sched::Options draw_options(Draws& draws, std::uint32_t models, Weather weather);

}  // namespace signalbox::simulate
