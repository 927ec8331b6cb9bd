#include "control/step_log.h"

#include "base/log.h"
#include "sched/step_text.h"

namespace signalbox::control {

void log_step(const sched::Event& event, Duration at, const sched::Commands& commands) {
  if (!log::enabled(log::Level::debug)) return;
  log::debug("scheduler step",
             {{"at_us", at.count()}, {"seen", sched::text_of(event)}, {"wanted", sched::text_of(commands)}});
}

}  // namespace signalbox::control
