// `signalbox record`: writes what a running server answers as a trace, without any of its text.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "cli/server_address.h"
#include "cli/terminal.h"

namespace signalbox::cli {

struct RecordRequest {
  std::string output;                // a file that is not there yet
  std::optional<Duration> duration;  // none: until a signal
};

// Blocks until the time is over, a signal comes, or the server is gone.
[[nodiscard]] int record_command(const ServerAddress& address, const RecordRequest& request,
                                 const Surround& surround, const Clock& clock);

}  // namespace signalbox::cli
