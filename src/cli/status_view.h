// A server's status as text for a person: the table, and the line that `select --wait` rewrites. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "cli/status_report.h"
#include "cli/terminal.h"

namespace signalbox::cli {

[[nodiscard]] std::string status_text(const StatusReport& report, bool uses_colour);
// "big: waiting for small to finish, 3 s", then "big: loading ████░░░░░░ 40 %, 5 s"; cut to the terminal's
// width.
[[nodiscard]] std::string progress_text(const StatusReport& report, std::string_view model, Duration waited,
                                        const Look& look);

}  // namespace signalbox::cli
