// Colours and columns.
#include "cli/terminal.h"

#include <algorithm>

#include <fmt/core.h>

namespace signalbox::cli {
namespace {

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::dim:
      return "2";
    case Colour::green:
      return "32";
    case Colour::yellow:
      return "33";
    case Colour::red:
      return "31";
  }
  return "";
}

// Characters, not bytes; a wide one counts as one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

bool uses_colour(Medium medium, const config::Environment& environment) {
  const auto no_colour = environment.find("NO_COLOR");
  if (no_colour != environment.end() && !no_colour->second.empty()) return false;
  const auto term = environment.find("TERM");
  return medium == Medium::terminal && (term == environment.end() || term->second != "dumb");
}

std::string painted(std::string_view text, Colour colour, bool is_used) {
  if (!is_used || colour == Colour::none) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(colour), text);
}

std::string printable(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(result, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return result;
}

std::string aligned(const std::vector<std::vector<Cell>>& rows, bool uses_colour) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].text));
  }
  std::string text;
  for (const auto& row : rows) {
    std::size_t missing = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        text.append(missing, ' ').append(painted(row[i].text, row[i].colour, uses_colour));
        missing = 0;
      }
      missing += widths[i] - width(row[i].text) + 2;
    }
    text += '\n';
  }
  return text;
}

}  // namespace signalbox::cli
