// The debug log of the scheduler's steps. Tests play it again; so can whoever reads a user's log.
#pragma once

#include "base/time.h"
#include "sched/command.h"
#include "sched/event.h"

namespace signalbox::control {

// `at`: since the server's start. Writes nothing, and makes no text, above level debug.
void log_step(const sched::Event& event, Duration at, const sched::Commands& commands);

}  // namespace signalbox::control
