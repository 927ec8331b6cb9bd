#include "sched/audit_test.h"

#include <gtest/gtest.h>

namespace signalbox::sched {

void Audit::look(const Event& event, const Commands& commands, const Scheduler& scheduler, TimePoint now) {
  invariants_.look(event, commands, scheduler, now);
  for (const auto& violations = invariants_.violations(); told_ < violations.size(); ++told_) {
    ADD_FAILURE() << violations[told_];
  }
}

}  // namespace signalbox::sched
