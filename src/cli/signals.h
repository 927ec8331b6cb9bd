// The signals of somebody at a terminal, as events that a loop waits for.
#pragma once

#include <csignal>

#include "base/time.h"

namespace signalbox::cli {

// While one lives, SIGINT, SIGTERM, SIGQUIT, SIGHUP (all of them: stop), SIGTSTP and SIGWINCH come out of
// `wait_for` and do nothing else. One at a time, in a process of one thread.
class TerminalSignals {
 public:
  enum class Event { none, stop, suspend, resized };

  TerminalSignals();
  ~TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;

  // Blocks until a signal has come, but no longer than that; not at all if the time is over already. May come
  // back early with none.
  [[nodiscard]] Event wait_for(Duration time);

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace signalbox::cli
