// `signalbox status` and `signalbox select`: ask a running server.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/http_call.h"
#include "cli/terminal.h"

namespace signalbox::cli {

// How long `select --wait` waits at most.
constexpr Duration kSelectWaitMax = std::chrono::hours(1);

// live: redrawn in place until a signal, on a terminal that can; elsewhere as table, which is printed once.
enum class StatusFormat { live, table, json };
enum class SelectWait { no, yes };

[[nodiscard]] int status_command(const ServerAddress& address, StatusFormat format, const Surround& surround);
[[nodiscard]] int select_command(const ServerAddress& address, const std::string& model, SelectWait wait,
                                 const Surround& surround);

}  // namespace signalbox::cli
