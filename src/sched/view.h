// What the scheduler shows of itself: the place of one request, and a snapshot of everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/options.h"

namespace signalbox::sched {

enum class WaitStatus { queued, waiting_for_model, loading };

// Where a waiting request stands (wire-contract, "Status in a chat stream").
struct RequestStatus {
  WaitStatus status = WaitStatus::queued;
  std::uint32_t position = 1;      // from 1, within its model's queue
  std::uint32_t queue_length = 1;  // of its model, itself included
  std::optional<ModelIndex> active_model;
  // The model that is in the way, for the words `Waiting for A to finish`: the active one, else the target;
  // none when that is the request's own model.
  std::optional<ModelIndex> blocking_model;
  std::optional<std::uint32_t> progress_thousandths;  // of the load, where known
  Duration waited{0};
  std::optional<Duration> eta;  // until it starts, as estimated (rule 15); none: unknown
};

enum class ServerStatus { idle, ready, switching, loading, error };
// standing_by: loaded beside the engine that drains, and next (rule 18).
enum class ModelStatus { unloaded, loading, standing_by, ready, draining, stopping, quarantined };

struct ModelSnapshot {
  ModelStatus status = ModelStatus::unloaded;
  std::uint32_t queue_length = 0;  // flex ones included
  std::uint32_t queue_size = 0;    // flex ones do not count
  std::optional<Duration> oldest_wait;
  std::uint32_t in_flight = 0;
  std::uint64_t loads = 0;  // successful ones
  std::optional<Duration> last_load;
  std::optional<std::string> last_error;
  std::optional<Duration> quarantined_for;  // what is left of it
  std::uint32_t flex_queue_length = 0;      // of queue_length
  Costs costs;                              // as measured or believed (rule 15)

  friend bool operator==(const ModelSnapshot&, const ModelSnapshot&) = default;
};

// The next engine, loading or standing by beside the one that drains (rule 18).
struct NextEngine {
  ModelIndex model;
  bool is_ready = false;
  std::optional<std::uint32_t> progress_thousandths;  // of its load, where known

  friend bool operator==(const NextEngine&, const NextEngine&) = default;
};

struct Snapshot {
  ServerStatus status = ServerStatus::idle;
  std::optional<ModelIndex> active_model;
  std::optional<ModelIndex> target_model;
  std::optional<std::string> last_error;
  std::optional<TimePoint> switch_requested_at;
  std::optional<std::uint32_t> progress_thousandths;
  std::optional<NextEngine> next_engine;
  std::uint32_t in_flight = 0;
  std::uint32_t workers = 0;          // places of the active model; 0 when there is none
  std::uint32_t workers_busy = 0;     // places taken, those of closed requests not yet free included
  Duration backlog{0};                // T: the time to serve all that waits now, each model once (rule 15)
  std::vector<ModelSnapshot> models;  // in configuration order

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

}  // namespace signalbox::sched
