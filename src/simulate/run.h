// A server in virtual time: a policy, one engine that takes a known time to start and to stop, and a workload
// whose service times are the workload's own, however many run beside. Not the chaos of the scheduler's
// tests: here nothing ever fails. Called by cli/ and by the tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/event.h"
#include "sched/options.h"
#include "simulate/policy.h"
#include "simulate/workload.h"

namespace signalbox::simulate {

// Of one model's engine. The first load of all costs `load`, every other one `stop` of the one before as
// well.
struct EngineTimes {
  Duration load = std::chrono::seconds(2);
  Duration stop{0};
};

// Whether the policy is told how long an answer will be (rule 5).
enum class Lengths { unknown, known };

struct Settings {
  sched::Options scheduling;         // as many models as the workload has
  std::vector<EngineTimes> engines;  // likewise
  Lengths lengths = Lengths::unknown;
  std::optional<Duration> time_max;  // of virtual time; none: until all have ended
};

// Every model with the same numbers.
struct ModelSettings {
  std::uint32_t queue_size = 10;
  std::uint32_t workers = 4;
  EngineTimes engine;
};
[[nodiscard]] Settings same_for_all(std::size_t models, const ModelSettings& each);

enum class Fate : std::uint8_t {
  unfinished,  // the time was over
  served,
  rejected,  // its queue was full, or it had waited as long as it may
};

struct RequestRecord {
  ModelIndex model;
  sched::ServiceClass service_class = sched::ServiceClass::standard;
  Fate fate = Fate::unfinished;
  TimePoint arrived;
  Duration wait{0};  // until its start, or until it was turned away
  std::optional<Duration>
      estimate{};  // of the wait, as told on arrival; none: it started at once, or unknown
};

// A model's time at the engine, from ready until it is told to stop.
struct Stay {
  ModelIndex model;
  TimePoint from;
  TimePoint to;
};

enum class Ending {
  all_ended,
  time_over,
  stuck,  // requests wait and nothing will ever happen, or too much happens: the policy is broken
};

struct Outcome {
  std::vector<RequestRecord> requests;  // in order of arrival
  std::vector<Stay> stays;
  std::vector<std::uint32_t> loads;  // of each model
  Duration length{0};                // from the beginning to the last end
  Duration switching{0};             // of that with no engine that serves: told to stop, or loading
  Ending ending = Ending::all_ended;
};

struct Progress {
  std::size_t ended = 0;  // requests
  std::size_t of = 0;
};
// Called now and then.
using OnProgress = std::function<void(const Progress& progress)>;

[[nodiscard]] Outcome run(const Workload& workload, const Settings& settings, Policy& policy,
                          const OnProgress& on_progress = {});
// The same with a policy made for it. Lengths that are known are told in tokens of a millisecond each.
[[nodiscard]] Outcome run(const Workload& workload, Settings settings, PolicyName policy,
                          const OnProgress& on_progress = {});

}  // namespace signalbox::simulate
