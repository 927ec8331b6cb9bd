// The loader hook: how the control loop starts and stops the process that runs a model. engine/ implements it
// for llama-server; tests have a fake. Everything is asynchronous: calls return at once, news comes to the
// observer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace signalbox {

// Where the time from start() to ready went. What an engine does not tell is in the phase before.
struct LoadTimes {
  Duration spawn{0};    // until its process runs
  Duration load{0};     // until its weights are loaded
  Duration context{0};  // until it can serve
};

// What a loaded engine says of itself.
struct EngineInfo {
  std::uint32_t slots = 1;                      // sequences it can run at once (`total_slots`), at least 1
  std::optional<std::uint64_t> context_tokens;  // for each slot
  std::optional<std::uint64_t> parameters;      // weights, as a count
  std::optional<std::uint64_t> model_bytes;
  LoadTimes times{};
};

struct EngineExit {
  // A sentence for a client and an operator: how it ended and what it said last, such as
  // "llama-server exited with status 1: error loading model: invalid magic". No line break.
  std::string reason;
  Duration save{0};  // what saving its conversations took, between stop() and asking it to exit
};

// Gets the launcher's news, always from the loop thread and never from inside a call to the launcher.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // Answer to check(): nothing on success, else why the file cannot be loaded.
  virtual void model_file_checked(ModelIndex model, Result<void> outcome) = 0;
  // Answer to check_memory().
  virtual void memory_checked(ModelIndex model, bool suffices) = 0;
  // Two engines are up, and the memory that is to stay free no longer is.
  virtual void memory_short() = 0;
  // Something moved in the load: resets the load's time-out. `progress_thousandths` 0..1000 where known.
  virtual void engine_progressed(Epoch epoch, std::optional<std::uint32_t> progress_thousandths) = 0;
  virtual void engine_ready(Epoch epoch, EngineInfo info) = 0;
  // The process and all it started are gone. Exactly once for each start(), the last news of its epoch; also
  // when it could not be started at all.
  virtual void engine_exited(Epoch epoch, EngineExit exit) = 0;
};

// Loop thread only. How many engines are alive is the caller's duty; the launcher serves what it is told.
class EngineLauncher {
 public:
  virtual ~EngineLauncher() = default;
  // Before any other call. The observer outlives the launcher's last news.
  virtual void observe(EngineObserver& observer) = 0;
  // Looks at the model's file: there, readable, GGUF magic. Off the loop (a dead network disk may take
  // minutes).
  virtual void check(ModelIndex model) = 0;
  // Whether there is memory for an engine with this model beside those that run. Off the loop.
  virtual void check_memory(ModelIndex model) = 0;
  // Starts an engine for the model. `epoch` is new.
  virtual void start(ModelIndex model, Epoch epoch) = 0;
  // Asks it to exit, in the order that is fastest; the caller has closed its upstream streams. No deadline:
  // the caller kills.
  virtual void stop(Epoch epoch) = 0;
  // Kills the process group. May be repeated.
  virtual void kill(Epoch epoch) = 0;
  // Brings the model's file into the page cache, as far as memory is to spare and clients do not feel it. A
  // new call takes the place of the one before. No news: whether it worked only shows in the load's time.
  virtual void read_ahead(ModelIndex model) = 0;
  virtual void stop_reading_ahead() = 0;
};

}  // namespace signalbox
