// Reads back what a server at log level debug wrote of its scheduler's steps, to play them again. Tests only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/time.h"
#include "sched/event.h"

namespace signalbox::test {

struct RecordedStep {
  Duration at{0};  // since the server's start
  sched::Event event;
  std::string wanted;  // the commands, as sched/step_text.h writes them
};

// Throws std::runtime_error at a text that sched/step_text.h does not write, and at OptionsChanged, whose
// text does not hold the options.
[[nodiscard]] sched::Event read_event(std::string_view text);
// Of log lines with the event "scheduler step".
[[nodiscard]] std::vector<RecordedStep> read_steps(const std::vector<boost::json::object>& lines);

}  // namespace signalbox::test
