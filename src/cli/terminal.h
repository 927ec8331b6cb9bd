// Where a command writes, and how: colour and progress lines on a terminal only. Tests give string streams.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "config/expand.h"

namespace signalbox::cli {

enum class Medium { file, terminal };
enum class Colour { none, dim, green, yellow, red };

// What a command may use of the process around it.
struct Surround {
  std::ostream& out;
  std::ostream& err;
  Medium out_medium = Medium::file;
  Medium err_medium = Medium::file;
  config::Environment environment;
  std::string working_directory;
};

// Whether colour may be used: on a terminal that is not dumb, unless NO_COLOR is set.
[[nodiscard]] bool uses_colour(Medium medium, const config::Environment& environment);
// The text with the colour's codes around it, if colour is used.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, bool is_used);
// The text without control characters: what another program said must not steer the terminal.
[[nodiscard]] std::string printable(std::string_view text);

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

// Rows of cells in aligned columns, two spaces apart, nothing after the last.
[[nodiscard]] std::string aligned(const std::vector<std::vector<Cell>>& rows, bool uses_colour);

}  // namespace signalbox::cli
