#include "cli/help_format.h"

#include <algorithm>

#include "cli/terminal.h"

namespace signalbox::cli {
namespace {

// Not the terminal's own width: what one sees is what another one has in a pipe or a bug report.
constexpr std::size_t kColumns = 100;

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrapped(option->get_description(), kColumns - get_column_width());
  }
  std::string make_description(const CLI::App* app) const override {
    return wrapped(app->get_description(), kColumns) + "\n";
  }
  std::string make_footer(const CLI::App* app) const override {
    return wrapped(app->get_footer(), kColumns) + "\n";
  }
};

}  // namespace

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string result;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      result += text[at++];
      used = 0;
      continue;
    }
    // The spaces before a word, and the word.
    const auto begin = std::min(text.find_first_not_of(' ', at), text.size());
    const auto end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::size_t length = width(text.substr(at, end - at));
    const bool fits = used == 0 || used + length <= columns;
    if (!fits) {
      result += '\n';
      used = 0;
    }
    const std::string_view piece = text.substr(fits ? at : begin, end - (fits ? at : begin));
    result += piece;
    used += width(piece);
    at = end;
  }
  return result;
}

std::shared_ptr<CLI::FormatterBase> help_formatter() {
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->label("Positionals", "Arguments");
  formatter->label("REQUIRED", "(required)");
  formatter->label("SUBCOMMAND", "COMMAND");
  return formatter;
}

}  // namespace signalbox::cli
