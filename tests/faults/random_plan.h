// One seeded fault run as data: the server's settings, its models and their mischief, what each client does,
// and what is done to engines, guards and files. Drawn from one generator, so a seed is a scenario. What the
// machine makes of it, which of two things comes first, it decides anew each time.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/test_server.h"

namespace signalbox::test {

using Milliseconds = std::chrono::milliseconds;

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : rng_(seed) {}
  // 0..n-1
  std::uint64_t below(std::uint64_t n) { return rng_() % n; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 rng_;
};

// How a client treats its answer.
enum class Manner { reads, leaves, resets, half_closes, reads_slowly };

struct ClientPlan {
  Milliseconds begins{0};
  std::string text;      // its request as bytes
  std::size_t sent = 0;  // so many of them at once, the rest a moment later
  Manner manner = Manner::reads;
  Milliseconds patience{0};  // after which it does as its manner says
  bool endless = false;      // GET /v1/events: it has no end but the client's or the server's
  bool counted = false;      // a generation request for a model that exists
};

enum class Mischief {
  kill_engine,
  pause_engine,
  kill_guard,
  pause_guard,
  pause_server,
  remove_file,
  spoil_file
};

struct MischiefPlan {
  Milliseconds at{0};
  Mischief what = Mischief::kill_engine;
  Milliseconds lasts{0};  // of a pause
  std::size_t model = 0;
};

struct RunPlan {
  std::uint64_t seed = 0;
  Setup setup;
  std::vector<ClientPlan> clients;
  std::vector<MischiefPlan> mischief;  // in the order of their times
};

// Model "a" is always one that can serve a request for one token.
[[nodiscard]] RunPlan draw_run(std::uint64_t seed);

}  // namespace signalbox::test
