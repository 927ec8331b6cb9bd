// What the launcher has to know of the configuration and of its surroundings. Filled by app/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/llama_server.h"
#include "engine/memory_watch.h"

namespace signalbox::engine {

// This process's environment as "NAME=value".
[[nodiscard]] std::vector<std::string> current_environment();
// The value of a variable; empty if it is not there.
[[nodiscard]] std::string find_variable(const std::vector<std::string>& environment, std::string_view name);

struct LauncherOptions {
  std::vector<EngineModel> models;   // in the order of ModelIndex
  std::vector<std::string> command;  // the program, a path or a name on PATH, and what stands behind it
  std::vector<std::string> args;     // for every model
  std::optional<MemoryWatch::Options> overlap{};  // none: one engine at a time
  std::string fallback_program;  // taken where command[0] is not there or too old; empty: none
  std::string runtime_folder;    // RuntimeFolder's
  std::string guard_program;     // our own binary
  std::vector<std::string> environment = current_environment();
};

}  // namespace signalbox::engine
