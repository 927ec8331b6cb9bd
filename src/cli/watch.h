// `signalbox status` on a terminal: asks again and again and redraws in place until somebody ends it.
#pragma once

#include "base/time.h"
#include "cli/http_call.h"
#include "cli/terminal.h"

namespace signalbox::cli {

constexpr const char* kStatusTarget = "/v1/models/status";

struct WatchTimes {
  Duration interval = std::chrono::milliseconds(500);
  Duration call_timeout = std::chrono::seconds(2);
  Duration patience = std::chrono::seconds(30);  // with a server that was there and is gone
};

// Blocks until SIGINT or SIGTERM (then kExitOk), or until the server is gone for too long. A server that does
// not answer at first is told as by every other command.
[[nodiscard]] int watch_status(const ServerAddress& address, const Surround& surround, const Clock& clock,
                               const WatchTimes& times = {});

}  // namespace signalbox::cli
