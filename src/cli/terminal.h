// Where a command writes, and how: colour and progress lines on a terminal only. Tests give string streams.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "config/expand.h"

namespace signalbox::cli {

enum class Medium { file, terminal };
enum class Colour { none, dim, green, yellow, red };

// Whether bars and dots may be more than ASCII.
enum class Glyphs { ascii, unicode };

struct WindowSize {
  std::size_t rows = 24;
  std::size_t columns = 80;

  friend bool operator==(const WindowSize&, const WindowSize&) = default;
};

// How text for a terminal is to look.
struct Look {
  WindowSize size{};
  bool uses_colour = false;
  Glyphs glyphs = Glyphs::ascii;
};

// What a command may use of the process around it.
struct Surround {
  std::ostream& out;
  std::ostream& err;
  Medium out_medium = Medium::file;
  Medium err_medium = Medium::file;
  config::Environment environment;
  std::string working_directory;
  // The terminal's size now. Empty: it is not known.
  std::function<WindowSize()> window_size{};
};

// Of the terminal that standard output or else standard error is; whichever of them is one, it is the same.
[[nodiscard]] WindowSize window_size();
// A terminal on which the cursor can be moved.
[[nodiscard]] bool can_redraw(Medium medium, const config::Environment& environment);

// Whether colour may be used: on a terminal that is not dumb, unless NO_COLOR is set.
[[nodiscard]] bool uses_colour(Medium medium, const config::Environment& environment);
// As the locale says, by LC_ALL, LC_CTYPE or LANG.
[[nodiscard]] Glyphs glyphs_of(const config::Environment& environment);
// All of that, for a medium of the surround.
[[nodiscard]] Look look_of(Medium medium, const Surround& surround);
// The text with the colour's codes around it, if colour is used.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, bool is_used);
// The text without control characters, C1's in UTF-8 among them: what another program said must not steer the
// terminal.
[[nodiscard]] std::string printable(std::string_view text);
// Another program's output and a line's end: as it came, but printable where it goes to a terminal.
[[nodiscard]] std::string passed_on(std::string_view body, Medium medium);
// Characters, not bytes; a wide one counts as one.
[[nodiscard]] std::size_t width(std::string_view text);
// The text, or as much as fits with a mark that it goes on.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns, Glyphs glyphs);

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

// Rows of cells in aligned columns, two spaces apart, nothing after the last.
[[nodiscard]] std::string aligned(const std::vector<std::vector<Cell>>& rows, bool uses_colour);
// The same as lines without their ends, each cut to the look's width.
[[nodiscard]] std::vector<std::string> aligned_lines(const std::vector<std::vector<Cell>>& rows,
                                                     const Look& look);

}  // namespace signalbox::cli
