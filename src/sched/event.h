// What can happen to the scheduler. Events are in the past tense; the shell (control/) makes them of what
// clients, engines and clocks do, and hands each to Scheduler::step together with the time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/id.h"
#include "base/time.h"

namespace signalbox::sched {

enum class AnswerMode { streamed, whole };  // decides which wait limit holds (rule 13)

struct RequestArrived {
  RequestId request;
  ModelIndex model;
  std::uint32_t places = 1;  // sequences it makes (`n`, number of prompts), at least 1
  AnswerMode mode = AnswerMode::streamed;
};

// The client closed its connection while its request was waiting. (While it runs, the shell closes the
// upstream connection and says RequestClosed.)
struct WaiterLeft {
  RequestId request;
};

enum class Closing {
  answered,       // the engine ended its answer: its places are free at once
  cut,            // we closed the upstream connection (client gone, client stalled, bad answer)
  engine_silent,  // we closed it because nothing came for engine_timeout
  engine_broke,   // the engine closed it before the end
};

// A running request is over. After anything but `answered` its places stay taken until PlacesFreed.
struct RequestClosed {
  RequestId request;
  Closing closing = Closing::answered;
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

// The time that next_deadline() named has come.
struct DeadlinePassed {};

// The server is to stop: from now on nothing is admitted (rule 17).
struct StopAsked {};

using Event =
    std::variant<RequestArrived, WaiterLeft, RequestClosed, PlacesFreed, SelectAsked, ModelFileChecked,
                 EngineProgressed, EngineReady, EngineExited, DeadlinePassed, StopAsked>;

}  // namespace signalbox::sched
