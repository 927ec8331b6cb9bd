// What `select --wait` shows on a terminal while it waits: one line, written over and over, gone in the end.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/http_call.h"
#include "cli/terminal.h"

namespace signalbox::cli {

// Blocks until the request is over. cancelled: somebody has pressed Ctrl-C before.
[[nodiscard]] Result<HttpAnswer> call_with_progress(const ServerAddress& address, const HttpRequest& request,
                                                    const std::string& model, const Surround& surround,
                                                    const Clock& clock);

}  // namespace signalbox::cli
