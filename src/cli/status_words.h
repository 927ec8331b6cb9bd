// The words and colours that the table and the live view of a status share. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace signalbox::cli {

// "-" for what is not known.
[[nodiscard]] std::string count_text(std::optional<double> count);
[[nodiscard]] std::string seconds_text(std::optional<double> ms);
[[nodiscard]] std::string percent_text(double share);
[[nodiscard]] Colour colour_of_status(std::string_view status);

}  // namespace signalbox::cli
