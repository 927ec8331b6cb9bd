// What the scheduler wants done. Commands are in the imperative; the shell obeys them in order.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace signalbox::sched {

// Why a request that is waiting, or has just arrived, ends without having run.
enum class Refusal {
  queue_full,         // 503, at once
  quarantined,        // 503, the model failed lately
  too_many_places,    // 400, it asks for more sequences than the model has places
  wait_timeout,       // 503
  model_load_failed,  // 500, detail says why
  shutting_down,      // 503
};

struct RefuseRequest {
  RequestId request;
  Refusal refusal = Refusal::queue_full;
  Duration retry_after{0};  // zero where it means nothing (400, 500)
  std::string detail;       // the load's failure, for model_load_failed and quarantined
};

// Send it to the engine of this epoch now.
struct StartRequest {
  RequestId request;
  Epoch epoch;
  bool waited = false;  // false: it started at once and its client sees no status chunk
  Duration wait_duration{0};
  Duration switch_duration{0};  // of the switch or load that it waited for; zero if none
};

enum class Abort {
  engine_died,    // its engine exited
  engine_hung,    // its engine is being killed because it hangs
  shutting_down,  // shutdown_grace is over
};

// End a running request with an error and close its upstream connection. The scheduler has already forgotten
// it: no RequestClosed and no PlacesFreed are expected, and late ones are ignored.
struct AbortRequest {
  RequestId request;
  Abort abort = Abort::engine_died;
  std::string detail;
};

// Its engine died or hung before its client had a byte: it waits again, at the head of its queue (rule 11).
// The shell forgets its upstream; a new StartRequest or an end follows. At most once for each request.
struct RequeueRequest {
  RequestId request;
  std::string detail;
};

struct CheckModelFile {
  ModelIndex model;
};

// Is there memory for an engine with this model beside the one that runs? MemoryChecked follows.
struct CheckMemory {
  ModelIndex model;
};

struct StartEngine {
  ModelIndex model;
  Epoch epoch;
  bool beside = false;  // another one is still there, and drains (rule 18)
};

struct StopEngine {
  Epoch epoch;
};

struct KillEngine {
  Epoch epoch;
  std::string reason;  // for the log
};

enum class SelectOutcome {
  initiated,       // 202
  in_progress,     // 202, a switch to it was under way
  already_active,  // 200
  conflict,        // 409, a switch to another model is under way
  shutting_down,   // 503
};

struct AnswerSelect {
  SelectId select;
  SelectOutcome outcome = SelectOutcome::initiated;
};

// For the log and metrics: a switch or first load ended, one way or the other.
struct SwitchStarted {
  std::optional<ModelIndex> from;
  ModelIndex to;
  std::string cause;  // "waiters", "starvation_limit", "select", "default_model", "reload"
};
struct SwitchFinished {
  std::optional<ModelIndex> from;
  ModelIndex to;
  Epoch epoch{};  // of the engine that is ready now
  Duration drain{0}, stop{0};
  Duration load{0};     // what was left of it when the old engine was gone
  Duration overlap{0};  // the part of it before that (rule 18)
  Duration total{0};    // drain + stop + load
};
enum class SwitchEnd {
  failed,
  called_off,  // nothing is wrong: nobody wants it any more, another model comes first, the server stops
};
// Also without a SwitchStarted: when the file of the model that was to come turned out bad, while the gate
// was open.
struct SwitchFailed {
  std::optional<ModelIndex> from;
  ModelIndex to;
  std::string reason;
  SwitchEnd end = SwitchEnd::failed;
  Duration total{0};  // since it began
};

// The published snapshot changed in more than ages. A newcomer's own status is asked for when it arrives.
enum class Waiters {
  as_before,         // at most their positions changed: they go out with the next heartbeat
  may_have_changed,  // look at status_of of each again
};
struct StatusChanged {
  Waiters waiters = Waiters::may_have_changed;
};

// Every request has ended and no engine is left: the process may exit. Once, after StopAsked.
struct Stopped {};

using Command = std::variant<RefuseRequest, StartRequest, AbortRequest, RequeueRequest, CheckModelFile,
                             CheckMemory, StartEngine, StopEngine, KillEngine, AnswerSelect, SwitchStarted,
                             SwitchFinished, SwitchFailed, StatusChanged, Stopped>;
using Commands = std::vector<Command>;

}  // namespace signalbox::sched
