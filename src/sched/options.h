// The limits and rules that the scheduler works by, as the configuration gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace signalbox::sched {

// What a model is known or believed to cost (rule 15). None: unknown.
struct Costs {
  std::optional<Duration> service{};     // of one request, start to answered
  std::optional<Duration> changeover{};  // stop of the one before and own load
  std::optional<Duration> tail{};        // last ordinary start of a visit to engine empty
  std::optional<Duration> per_token{};   // of one request's answer

  friend bool operator==(const Costs&, const Costs&) = default;
};

struct ModelOptions {
  std::uint32_t queue_size = 10;       // waiting requests, 0 and up; flex ones do not count
  std::uint32_t flex_queue_size = 10;  // waiting flex requests, 0 and up
  std::uint32_t workers = 4;           // places wanted, 1 and up; fewer if the engine reports fewer slots
  Duration wait_timeout = std::chrono::seconds(30);   // answers in one piece, arrival to start; 0 = none
  Duration stream_wait_timeout{0};                    // streams; 0 = none
  Duration load_timeout = std::chrono::seconds(300);  // without progress
  Duration idle_unload{0};                            // 0 = never
  Costs believed{};                                   // before anything is measured
};

enum class NextModel : std::uint8_t { cost, longest_wait };  // rule 6
enum class Replay : std::uint8_t { off, once };              // rule 11
// Automatic: where memory allows it the next engine is started while the present one drains (rule 18).
enum class Overlap : std::uint8_t { off, automatic };
// Fixed: the believed costs hold for ever, for worlds that must be finite.
enum class Learning : std::uint8_t { on, fixed };

struct Options {
  Duration starvation_limit = std::chrono::seconds(15);  // rules 4c and 6; 0 = off
  std::uint32_t min_visit_thousandths = 1000;            // rule 4a, of the active model's changeover and tail
  NextModel next_model = NextModel::cost;
  Replay replay = Replay::off;
  Overlap overlap = Overlap::off;
  Learning learning = Learning::on;
  Duration flex_limit = std::chrono::minutes(10);   // then a flex request counts as a standard one; 0 = never
  Duration stop_timeout = std::chrono::seconds(5);  // stop told to kill
  Duration release_timeout = std::chrono::seconds(5);  // a closed request's places to kill
  Duration shutdown_grace = std::chrono::seconds(30);
  std::optional<ModelIndex> default_model;  // loaded by the first step
  std::vector<ModelOptions> models;         // at least one
};

}  // namespace signalbox::sched
