// A share as a bar of characters. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "cli/terminal.h"

namespace signalbox::cli {

// `cells` wide. A little is never drawn as nothing, nor almost all as all; shares outside 0 to 1 are cut off.
[[nodiscard]] std::string bar(double share, std::size_t cells, Glyphs glyphs);

}  // namespace signalbox::cli
