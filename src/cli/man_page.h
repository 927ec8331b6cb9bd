// The manual page, in roff's man macros. Pure.
#pragma once

#include <string>

#include "cli/outline.h"

namespace signalbox::cli {

[[nodiscard]] std::string man_page(const CommandOutline& program);

}  // namespace signalbox::cli
