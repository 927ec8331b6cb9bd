// `signalbox bench revisit`: conversations that another model interrupts, and what that comes to as a table,
// as JSON and as a picture.
#pragma once

#include <string>

#include "cli/bench_session.h"
#include "cli/bench_settings.h"
#include "measure/revisit_run.h"

namespace signalbox::cli {

// Pure.
[[nodiscard]] std::string revisit_table(const measure::RevisitRun& run, bool uses_colour);
[[nodiscard]] std::string revisit_json(const measure::RevisitRun& run, const BenchSettings& settings,
                                       BenchEnd end);
[[nodiscard]] std::string revisit_picture(const measure::RevisitRun& run);

// Blocks until everything is asked, or somebody ends it.
[[nodiscard]] BenchEnd measure_revisits(measure::RevisitRun& run, BenchSession& session);

}  // namespace signalbox::cli
