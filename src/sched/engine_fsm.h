// The life of the one engine as a table: which states there are, what moves it from one to the next. No
// timers, no queues, no commands: those belong to the scheduler's State, the only caller.
//
//                              exit_seen (it failed)
//        +------------------------------------------------------------+
//        v                                                            |
//     +------+  start_told   +---------+                              |
//     | none |-------------->| loading |------------------------------+
//     +------+               +---------+
//        ^                     |     | kill_told (timed out, abandoned, shutdown)
//        |          ready_seen |     +-----------------------------------------+
//        |                     v                                               |
//        |  exit_seen      +-------+   kill_told (hung)                        |
//        +-----------------| ready |------------------------------------------>|
//        |  (it died)      +-------+                                           |
//        |                  |  ^  | stop_told (idle unload)                     |
//        |      gate_closed |  |  +------------------------+                    |
//        |                  v  | gate_opened               |                    |
//        |  exit_seen     +----------+   kill_told (hung)  |                    |
//        +----------------| draining |-------------------- | ------------------>|
//        |  (it died)     +----------+                     |                    |
//        |                     | stop_told                 |                    |
//        |                     v                           |                    |
//        |  exit_seen     +----------+<--------------------+                    v
//        +----------------| stopping |   kill_told (would not stop)       +---------+
//        |                +----------+----------------------------------->| killing |
//        |                                                                +---------+
//        |  exit_seen                                                          |
//        +---------------------------------------------------------------------+
//
// `killing` stands between "told to die" and "exit seen": without it a load that timed out could leave two
// engines alive. From `none` the next thing is decided anew.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace signalbox::sched {

enum class EngineState : std::uint8_t { none, loading, ready, draining, stopping, killing };

enum class EngineEvent : std::uint8_t {
  start_told,   // StartEngine was given
  ready_seen,   // the engine answers
  gate_closed,  // the active model takes no new requests
  gate_opened,  // it does again: nobody waits elsewhere any more
  stop_told,    // StopEngine was given
  kill_told,    // KillEngine was given
  exit_seen,    // the process and all it started are gone
};

inline constexpr std::array kEngineStates = {EngineState::none,     EngineState::loading,
                                             EngineState::ready,    EngineState::draining,
                                             EngineState::stopping, EngineState::killing};
inline constexpr std::array kEngineEvents = {
    EngineEvent::start_told, EngineEvent::ready_seen, EngineEvent::gate_closed, EngineEvent::gate_opened,
    EngineEvent::stop_told,  EngineEvent::kill_told,  EngineEvent::exit_seen,
};

struct EngineTransition {
  EngineState from;
  EngineEvent event;
  EngineState to;
};

inline constexpr std::array kEngineTransitions = {
    EngineTransition{EngineState::none, EngineEvent::start_told, EngineState::loading},
    EngineTransition{EngineState::loading, EngineEvent::ready_seen, EngineState::ready},
    EngineTransition{EngineState::loading, EngineEvent::kill_told, EngineState::killing},
    EngineTransition{EngineState::loading, EngineEvent::exit_seen, EngineState::none},
    EngineTransition{EngineState::ready, EngineEvent::gate_closed, EngineState::draining},
    EngineTransition{EngineState::ready, EngineEvent::stop_told, EngineState::stopping},
    EngineTransition{EngineState::ready, EngineEvent::kill_told, EngineState::killing},
    EngineTransition{EngineState::ready, EngineEvent::exit_seen, EngineState::none},
    EngineTransition{EngineState::draining, EngineEvent::gate_opened, EngineState::ready},
    EngineTransition{EngineState::draining, EngineEvent::stop_told, EngineState::stopping},
    EngineTransition{EngineState::draining, EngineEvent::kill_told, EngineState::killing},
    EngineTransition{EngineState::draining, EngineEvent::exit_seen, EngineState::none},
    EngineTransition{EngineState::stopping, EngineEvent::kill_told, EngineState::killing},
    EngineTransition{EngineState::stopping, EngineEvent::exit_seen, EngineState::none},
    EngineTransition{EngineState::killing, EngineEvent::exit_seen, EngineState::none},
};

// Where `event` leads from `from`; none where the table has no such row.
[[nodiscard]] constexpr std::optional<EngineState> next_state(EngineState from, EngineEvent event) {
  for (const auto& row : kEngineTransitions) {
    if (row.from == from && row.event == event) return row.to;
  }
  return std::nullopt;
}

[[nodiscard]] std::string_view name_of(EngineState state);
[[nodiscard]] std::string_view name_of(EngineEvent event);

// Holds the state. Loop thread only; owned by the scheduler's State.
class EngineFsm {
 public:
  [[nodiscard]] EngineState state() const { return state_; }
  // The only place that writes the state. Precondition: the table has a row for it.
  void apply(EngineEvent event);

 private:
  EngineState state_ = EngineState::none;
};

}  // namespace signalbox::sched
