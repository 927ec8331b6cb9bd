// The rules of when to leave a model and when to give up a load, as functions of a few facts. No state, no
// commands: the scheduler's State gathers the facts and acts on the answer. Estimates of cost (rule 15) would
// be further facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/id.h"
#include "base/time.h"
#include "sched/requests.h"

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
  Duration switch_duration{0};  // gate closed (or load decided) to ready
  TimePoint idle_since;         // last start or end of a request, or ready
};

struct GateFacts {
  Duration starvation_limit{0};               // 0 = off
  std::uint32_t running = 0;                  // requests at the engine
  std::optional<std::uint64_t> front_number;  // admission number of the head of the active model's queue
  std::optional<Head> oldest_elsewhere;
  std::optional<ModelIndex> selected;  // by an operator, not active yet
};

// When the gate may close if nothing else happens before, for whom and why.
struct Departure {
  ModelIndex to;
  Cause cause = Cause::waiters;
  TimePoint at;
};

// Rules 4, 6, 7 and 9. None: nothing that time alone can bring.
[[nodiscard]] std::optional<Departure> plan_departure(const Visit& visit, const GateFacts& facts);

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
