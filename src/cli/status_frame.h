// One picture of the live status, as the lines of a terminal. Pure: what the server said, how the terminal
// is, and a first line in; lines out, never more or longer than fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/status_report.h"
#include "cli/terminal.h"

namespace signalbox::cli {

// If not every model fits, those that have something to show come first, and the last line counts the others.
// The hint stands at the end if there is room; empty: none.
[[nodiscard]] std::vector<std::string> status_frame(const StatusReport& report, const Cell& headline,
                                                    std::string_view hint, const Look& look);

}  // namespace signalbox::cli
