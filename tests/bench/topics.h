// One function a topic of docs/benchmarks.md. Each starts its own server and ends it.
#pragma once

#include <string>

#include "bench/report.h"

namespace signalbox::bench {

void first_token(Report& report);
void chunk_rate(Report& report);
void waiting_streams(Report& report);
void large_body(Report& report);
void real_switch(Report& report);
// Only when they are named: some minutes each.
void compared_switches(Report& report);
void compared_overlap(Report& report);
void compared_revisit(Report& report);
void compared_conversations(Report& report);

}  // namespace signalbox::bench
