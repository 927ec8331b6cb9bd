// One step of the scheduler as text, for the debug log: what it saw and what it wanted done, complete enough
// to be played again. `StartRequest request=7 epoch=2 waited=true wait_us=81200 switch_us=0`: words in
// words.h, names in step_fields.h, texts as JSON strings, `-` for what is not there.
#pragma once

#include <string>

#include "sched/command.h"
#include "sched/event.h"

namespace signalbox::sched {

[[nodiscard]] std::string text_of(const Event& event);
// In their order, with `; ` between them.
[[nodiscard]] std::string text_of(const Commands& commands);

}  // namespace signalbox::sched
