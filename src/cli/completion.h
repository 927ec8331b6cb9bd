// The scripts that make a shell complete this command line. Models' names are asked from the running server
// at the time of completion; without one there are none. Pure.
#pragma once

#include <string>

#include "cli/outline.h"

namespace signalbox::cli {

[[nodiscard]] std::string bash_completion(const CommandOutline& program);
[[nodiscard]] std::string zsh_completion(const CommandOutline& program);
[[nodiscard]] std::string fish_completion(const CommandOutline& program);

}  // namespace signalbox::cli
