// The log lines of switches, loads and kills, made of the scheduler's commands.
#pragma once

#include <string>
#include <vector>

#include "control/switch_story.h"
#include "sched/command.h"

namespace signalbox::control {

// Commands that are not of this kind write nothing. `names` is in configuration order.
void log_switch(const sched::Command& command, const std::vector<std::string>& names);
// Where the time of a switch went, once its first answer began.
void log_switch_told(const SwitchTold& told, const std::vector<std::string>& names);

}  // namespace signalbox::control
