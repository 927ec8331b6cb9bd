// Carries out one drawn fault run and checks what must hold after it. Called by random_test.cc; several may
// run at once, each on a thread of its own.
#pragma once

#include "faults/random_plan.h"

namespace signalbox::test {

// Says what is wrong through GoogleTest; the caller has put the seed into a SCOPED_TRACE.
void carry_out(const RunPlan& plan);

}  // namespace signalbox::test
