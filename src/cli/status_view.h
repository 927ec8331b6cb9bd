// A server's status as text for a person: the table, and the line that `select --wait` rewrites. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cli/status_report.h"
#include "cli/terminal.h"

namespace signalbox::cli {

[[nodiscard]] std::string status_text(const StatusReport& report, bool uses_colour);
// "big: loading ████░░░░░░ 40 %, 1.2 s", cut to the terminal's width.
[[nodiscard]] std::string progress_text(const StatusReport& report, std::string_view model, const Look& look);

}  // namespace signalbox::cli
