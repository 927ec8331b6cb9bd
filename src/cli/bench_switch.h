// `signalbox bench switch`: two models in turn, and what that comes to as a table, as JSON and as a picture.
#pragma once

#include <string>

#include "cli/bench_session.h"
#include "cli/bench_settings.h"
#include "cli/terminal.h"
#include "measure/switch_run.h"

namespace signalbox::cli {

// Pure.
[[nodiscard]] std::string switch_table(const measure::SwitchRun& run, bool uses_colour);
[[nodiscard]] std::string switch_json(const measure::SwitchRun& run, const BenchSettings& settings,
                                      BenchEnd end);
[[nodiscard]] std::string switch_picture(const measure::SwitchRun& run);

// Blocks until everything is asked, or somebody ends it.
[[nodiscard]] BenchEnd measure_switches(measure::SwitchRun& run, BenchSession& session);

}  // namespace signalbox::cli
