// What can happen to the scheduler. Events are in the past tense; the shell (control/) makes them of what
// clients, engines and clocks do, and hands each to Scheduler::step together with the time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/id.h"
#include "base/time.h"
#include "sched/options.h"

namespace signalbox::sched {

enum class AnswerMode { streamed, whole };  // decides which wait limit holds (rule 13)

// OpenAI's `service_tier`. Priority goes ahead of the others of its model and its age counts twice when a
// model is chosen; flex runs when its model is active anyway or nobody else waits, until it has waited
// flex_limit.
enum class ServiceClass : std::uint8_t { standard, priority, flex };

struct RequestArrived {
  RequestId request;
  ModelIndex model;
  std::uint32_t places = 1;  // sequences it makes (`n`, number of prompts), at least 1
  AnswerMode mode = AnswerMode::streamed;
  ServiceClass service_class = ServiceClass::standard;
  std::optional<std::uint32_t> tokens_max{};  // its token limit; none: no backfill for it (rule 5)
};

// The first byte of its answer is on its way to the client: from now on it cannot be replayed (rule 11).
struct AnswerBegan {
  RequestId request;
};

enum class Closing {
  answered,       // the engine ended its answer: its places are free at once
  cut,            // we closed the upstream connection (client gone, client stalled, bad answer)
  engine_silent,  // we closed it because nothing came for engine_timeout
  engine_broke,   // the engine closed it before the end
};

// Its answer will not come: the engine closed the connection, or nothing came for engine_timeout, and no byte
// of the answer is on its way to the client. The shell has closed the upstream connection; whether the
// request has a second try depends on what becomes of the engine. RequeueRequest or AbortRequest follows,
// unless the shell says RequestClosed first: when the engine turns out to be alive, or the client leaves.
struct AnswerLost {
  RequestId request;
  Closing closing = Closing::engine_broke;  // or engine_silent
};

// The client closed its connection while its request was waiting. (While it runs, the shell closes the
// upstream connection and says RequestClosed.)
struct WaiterLeft {
  RequestId request;
};

// A running request is over. After anything but `answered` its places stay taken until PlacesFreed.
struct RequestClosed {
  RequestId request;
  Closing closing = Closing::answered;
  std::optional<std::uint32_t> tokens{};  // that the engine made, where it said so; for the time per token
};

// The engine says that the places of a request closed early are free.
struct PlacesFreed {
  RequestId request;
};

struct SelectAsked {
  SelectId select;
  ModelIndex model;
};

// Answer to CheckModelFile.
struct ModelFileChecked {
  ModelIndex model;
  std::optional<std::string> problem;  // none: the file can be loaded
  std::uint32_t jitter_thousandths =
      0;  // 0..1000, a fresh random number: spreads the quarantine's end (rule 10)
};

// Answer to CheckMemory: whether another engine has room beside the one that runs (rule 18).
struct MemoryChecked {
  ModelIndex model;
  bool suffices = false;
};

// With two engines up, the memory that must stay free no longer is.
struct MemoryShort {};

struct EngineProgressed {
  Epoch epoch;
  std::optional<std::uint32_t> progress_thousandths;
};

struct EngineReady {
  Epoch epoch;
  std::uint32_t slots = 1;
};

struct EngineExited {
  Epoch epoch;
  std::string reason;
  std::uint32_t jitter_thousandths = 0;
};

// New limits, for the same models in the same order. Who waits stays, with the deadline it has; the places of
// an engine that runs stay until its next start.
struct OptionsChanged {
  std::shared_ptr<const Options> options;  // not null
};

// The time that next_deadline() named has come.
struct DeadlinePassed {};

// The server is to stop: from now on nothing is admitted (rule 17).
struct StopAsked {};

using Event = std::variant<RequestArrived, WaiterLeft, AnswerBegan, AnswerLost, RequestClosed, PlacesFreed,
                           SelectAsked, ModelFileChecked, MemoryChecked, MemoryShort, EngineProgressed,
                           EngineReady, EngineExited, OptionsChanged, DeadlinePassed, StopAsked>;

}  // namespace signalbox::sched
