// Colours and columns.
#include "cli/terminal.h"

#include <algorithm>
#include <limits>
#include <sys/ioctl.h>
#include <unistd.h>

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

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// U+0080 to U+009F, which are C2 80 to C2 9F: among them is one that begins a terminal's commands.
bool is_c1(std::string_view text) {
  return text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) >= 0x80 &&
         static_cast<unsigned char>(text[1]) < 0xA0;
}

const std::string* variable(const config::Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

std::vector<std::size_t> column_widths(const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].text));
  }
  return widths;
}

// One row, no wider than the look allows.
std::string line_of(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, const Look& look) {
  std::string line;
  std::size_t used = 0;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!row[i].text.empty()) {
      if (used + missing >= look.size.columns) break;
      const std::string text = cut(row[i].text, look.size.columns - used - missing, look.glyphs);
      line.append(missing, ' ').append(painted(text, row[i].colour, look.uses_colour));
      used += missing + width(text);
      missing = 0;
    }
    missing += widths[i] - width(row[i].text) + 2;
  }
  return line;
}

}  // namespace

WindowSize window_size() {
  winsize size{};
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
      return {.rows = size.ws_row, .columns = size.ws_col};
  }
  return {};
}

bool can_redraw(Medium medium, const config::Environment& environment) {
  const auto* term = variable(environment, "TERM");
  return medium == Medium::terminal && (term == nullptr || *term != "dumb");
}

bool uses_colour(Medium medium, const config::Environment& environment) {
  return can_redraw(medium, environment) && variable(environment, "NO_COLOR") == nullptr;
}

Glyphs glyphs_of(const config::Environment& environment) {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto* locale = variable(environment, name);
    if (locale == nullptr) continue;
    const bool is_utf8 = locale->contains("UTF-8") || locale->contains("utf8") || locale->contains("utf-8");
    return is_utf8 ? Glyphs::unicode : Glyphs::ascii;
  }
  return Glyphs::ascii;
}

Look look_of(Medium medium, const Surround& surround) {
  return {.size = surround.window_size ? surround.window_size() : WindowSize(),
          .uses_colour = uses_colour(medium, surround.environment),
          .glyphs = glyphs_of(surround.environment)};
}

std::string painted(std::string_view text, Colour colour, bool is_used) {
  if (!is_used || colour == Colour::none) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(colour), text);
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_long = is_c1(text.substr(i));
    if (is_long) ++i;
    result += is_long || byte < 0x20 || byte == 0x7F ? ' ' : static_cast<char>(byte);
  }
  return result;
}

std::string passed_on(std::string_view body, Medium medium) {
  return (medium == Medium::terminal ? printable(body) : std::string(body)) + "\n";
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string cut(std::string_view text, std::size_t columns, Glyphs glyphs) {
  if (width(text) <= columns) return std::string(text);
  const std::string_view mark = glyphs == Glyphs::unicode ? "…" : "...";
  const std::size_t kept = columns - std::min(columns, width(mark));
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (seen == kept) break;
    ++seen;
  }
  return std::string(text.substr(0, end)).append(columns < width(mark) ? mark.substr(0, columns) : mark);
}

std::vector<std::string> aligned_lines(const std::vector<std::vector<Cell>>& rows, const Look& look) {
  const auto widths = column_widths(rows);
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) lines.push_back(line_of(row, widths, look));
  return lines;
}

std::string aligned(const std::vector<std::vector<Cell>>& rows, bool uses_colour) {
  constexpr auto kNoLimit = std::numeric_limits<std::size_t>::max();
  const Look look{.size = {.rows = kNoLimit, .columns = kNoLimit}, .uses_colour = uses_colour};
  std::string text;
  for (const auto& line : aligned_lines(rows, look)) text += line + '\n';
  return text;
}

}  // namespace signalbox::cli
