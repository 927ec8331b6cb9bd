// The settings' options are the same for several commands; they stand once, in a section of their own.
#include "cli/man_page.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include <fmt/core.h>

#include "cli/exit_code.h"

namespace signalbox::cli {
namespace {

// The group that CLI11 gives to an option of which nothing else was said.
constexpr std::string_view kOwnGroup = "Options";
constexpr std::string_view kSettings = "SETTINGS";

struct Variable {
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array kVariables = {
    Variable{.name = "SIGNALBOX_CONFIG", .meaning = "The configuration, if --config does not name one."},
    Variable{.name = "SIGNALBOX_SECTION_KEY",
             .meaning = "Each setting has a variable of that form, such as SIGNALBOX_SERVER_LISTEN."},
    Variable{
        .name = "SIGNALBOX_API_KEY",
        .meaning =
            "The key that status, models, select, record and simulate send. Without it: the first one of the "
            "configuration."},
    Variable{.name = "NO_COLOR", .meaning = "If it is set and not empty, nothing is coloured."},
};

// As roff text: a backslash, a hyphen that is one, and what would be a request at a line's begin.
std::string escaped(std::string_view text) {
  std::string result;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
    begins_line = c == '\n';
  }
  return result;
}

// "-h, --help", "--config FILE", "--log-level debug|info".
std::string term_of(const OptionOutline& option) {
  std::string term;
  for (const auto& name : option.names) {
    if (!term.empty()) term += ", ";
    term += "\\fB" + escaped(name) + "\\fR";
  }
  if (option.kind == ValueKind::none) return term;
  if (!term.empty()) term += ' ';
  if (option.choices.empty()) return term + "\\fI" + escaped(option.value) + "\\fR";
  for (std::size_t i = 0; i < option.choices.size(); ++i) {
    term += (i > 0 ? "|" : "") + ("\\fB" + escaped(option.choices[i]) + "\\fR");
  }
  return term;
}

std::string entry_of(const OptionOutline& option) {
  return fmt::format(".TP\n{}\n{}\n", term_of(option), escaped(option.description));
}

// Paragraphs, of which those with examples keep their lines.
std::string footer_of(const CommandOutline& command) {
  std::string text;
  for (std::size_t at = 0; at < command.footer.size();) {
    const auto end = std::min(command.footer.find("\n\n", at), command.footer.size());
    const std::string paragraph = command.footer.substr(at, end - at);
    const std::string written = escaped(paragraph);
    text += paragraph.starts_with("Example") ? fmt::format(".PP\n.nf\n{}\n.fi\n", written)
                                             : fmt::format(".PP\n{}\n", written);
    at = end + 2;
  }
  return text;
}

std::string command_section(const CommandOutline& command) {
  std::string usage = "\\fBsignalbox " + escaped(command.name) + "\\fR";
  for (const auto& argument : command.arguments) usage += " " + term_of(argument);
  std::string text = fmt::format(".SS {}\n{}\n", usage, escaped(command.description));
  bool has_settings = false;
  for (const auto& argument : command.arguments) text += entry_of(argument);
  for (const auto& option : command.options) {
    if (option.group == kOwnGroup)
      text += entry_of(option);
    else
      has_settings = true;
  }
  if (has_settings) text += fmt::format(".PP\nIt takes the options under {} too.\n", kSettings);
  return text + footer_of(command);
}

std::string settings_section(const CommandOutline& program) {
  std::string text;
  std::string group;
  std::vector<std::string> seen;
  for (const auto& command : leaves(program)) {
    for (const auto& option : command.options) {
      if (option.group == kOwnGroup || std::ranges::find(seen, option.names.front()) != seen.end()) continue;
      seen.push_back(option.names.front());
      if (option.group != group) text += fmt::format(".SS {}\n", escaped(option.group));
      group = option.group;
      text += entry_of(option);
    }
  }
  return text;
}

}  // namespace

std::string man_page(const CommandOutline& program) {
  std::string text = fmt::format(
      ".\\\" Made by `signalbox man` from what --help prints.\n"
      ".TH SIGNALBOX 1 \"\" \"signalbox {0}\" \"User commands\"\n"
      ".SH NAME\nsignalbox \\- serves several language models over OpenAI's API, one at a time\n"
      ".SH SYNOPSIS\n\\fBsignalbox\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n"
      ".SH DESCRIPTION\n{1}\n",
      escaped(SIGNALBOX_VERSION), escaped(program.description));
  for (const auto& option : program.options) text += entry_of(option);
  text += ".SH COMMANDS\n";
  for (const auto& command : leaves(program)) text += command_section(command);
  text += fmt::format(".SH {}\nThey win over the environment and the configuration.\n", kSettings) +
          settings_section(program);
  text += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kExitCodes) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", code, escaped(meaning));
  }
  text += ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] : kVariables) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", name, escaped(meaning));
  }
  return text;
}

}  // namespace signalbox::cli
