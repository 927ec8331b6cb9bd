// The server as a whole: from a checked configuration to the process's exit code. Called by main.cc.
#pragma once

#include "base/log.h"
#include "config/load.h"

namespace signalbox::app {

struct ServeOptions {
  log::Options log;
};

// Runs until SIGTERM or SIGINT. 0 after an ordered stop, 1 if it could not start.
[[nodiscard]] int serve(const config::LoadedConfig& loaded, const ServeOptions& options);

}  // namespace signalbox::app
