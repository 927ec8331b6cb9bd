// The command line: which command with which options. Called by main.cc, which also gives the function that
// serves, so that cli/ does not need app/.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/terminal.h"
#include "config/load.h"

namespace signalbox::cli {

using Serve = std::function<int(const config::LoadedConfig& loaded, const log::Options& log)>;

// `arguments` without the program's name. Returns the process's exit code.
[[nodiscard]] int run(const std::vector<std::string>& arguments, const Surround& surround,
                      const Serve& serve);

}  // namespace signalbox::cli
