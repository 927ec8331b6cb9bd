// The rules of when to leave a model, which comes next and when to give up a load, as functions of a few
// facts. No state, no commands: the scheduler's State gathers the facts and acts on the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/id.h"
#include "base/time.h"
#include "sched/options.h"
#include "sched/scaled.h"

namespace signalbox::sched {

// Why a switch or load begins.
enum class Cause { waiters, starvation_limit, select, default_model, reload };
[[nodiscard]] std::string_view name_of(Cause cause);

// What made the active model come.
enum class Summons { demand, select };

// The active model's stay, from ready on.
struct Visit {
  TimePoint ready_at;
  Duration min_visit{0};            // what it must last to have paid for its switch (rule 4a)
  std::uint64_t present_up_to = 0;  // admission number of the last request that was there at ready (rule 7)
  Summons summons = Summons::demand;
  Duration switch_duration{0};            // gate closed (or load decided) to ready
  TimePoint idle_since;                   // last start or end of a request, or ready
  std::optional<TimePoint> last_start{};  // ordinary ones: no backfill (rule 15, tail)
  std::optional<TimePoint> emptied{};     // when its last request ended, if none runs
};

struct GateFacts {
  Duration limit{0};               // 4c: max(starvation_limit, 1.5 T); 0 = off
  std::uint32_t running = 0;       // requests at the engine
  std::uint32_t waiting_here = 0;  // pressing waiters of the active model
  std::uint32_t flex_waiting_here = 0;
  bool present_ones_wait = false;             // of those who were there at ready (rule 7)
  std::optional<TimePoint> oldest_elsewhere;  // arrival of the oldest pressing waiter of another model
  bool flex_waits_elsewhere = false;
  bool is_selected_elsewhere = false;  // an operator chose another model
};

// When the gate may close if nothing else happens before, and why.
struct Departure {
  Cause cause = Cause::waiters;
  TimePoint at;
};

// Rules 4, 7 and 9. None: nothing that time alone can bring.
[[nodiscard]] std::optional<Departure> plan_departure(const Visit& visit, const GateFacts& facts);
// Rule 4c alone, whatever rule 7 says; none: off, or nobody waits elsewhere.
[[nodiscard]] std::optional<TimePoint> starved_at(const Visit& visit, const GateFacts& facts);

// A model that could come next, by what waits for it (rule 6).
struct Candidate {
  ModelIndex model;
  Wide sum_of_ages = 0;
  Duration cost{0};  // changeover + tail + waiting x service / workers
};
// Whether `one` has more age for its cost than `other`.
[[nodiscard]] bool is_worth_more(const Candidate& one, const Candidate& other);

struct LoadFacts {
  Duration age{0};                    // since start told
  std::optional<Duration> last_load;  // the same model's last measured one
  std::uint32_t waiting_here = 0;
  std::uint32_t left = 0;  // of its waiters, since the switch began
  std::uint32_t timed_out = 0;
  bool wanted_by_operator = false;  // selected, or the default model
  bool wanted_elsewhere = false;    // another model has waiters
  bool previous_was_abandoned = false;
};

// Rule 12.
[[nodiscard]] bool may_abandon(const LoadFacts& facts);

}  // namespace signalbox::sched
