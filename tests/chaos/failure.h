// A run of chaos that fails, as a person wants to see it: what was broken, how to run it again, and the
// shortest list of events that still breaks it, as a test to paste. Also for runs that abort: those are made
// short in child processes.
#pragma once

#include <cstdint>
#include <string>

namespace signalbox::simulate {

// One run: empty, or the report. Aborts if the scheduler does.
[[nodiscard]] std::string run_and_report(std::uint64_t seed);
// The same in child processes, for a seed that may abort.
[[nodiscard]] std::string report_abort(std::uint64_t seed);
// From now on an abort of this process names this seed first.
void name_seed_when_aborting(std::uint64_t seed);

}  // namespace signalbox::simulate
