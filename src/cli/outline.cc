// CLI11 tells choices only within the text that it prints for --help, "TEXT:{a,b}".
#include "cli/outline.h"

#include <sstream>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace signalbox::cli {
namespace {

std::vector<std::string> choices_of(const std::string& type_name) {
  std::vector<std::string> choices;
  const auto begin = type_name.find('{');
  const auto end = type_name.rfind('}');
  if (begin == std::string::npos || end == std::string::npos) return choices;
  std::istringstream words(type_name.substr(begin + 1, end - begin - 1));
  for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  return choices;
}

ValueKind kind_of(const OptionOutline& option) {
  if (!option.choices.empty()) return ValueKind::choice;
  if (option.value == "FILE" || option.value == "PATH") return ValueKind::file;
  if (option.value == "MODEL") return ValueKind::model;
  return option.value.empty() ? ValueKind::none : ValueKind::other;
}

OptionOutline option_outline(const CLI::Option& option) {
  OptionOutline outline;
  for (const auto& name : option.get_snames()) outline.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) outline.names.push_back("--" + name);
  outline.description = option.get_description();
  outline.group = option.get_group();
  if (option.get_items_expected_max() > 0) {
    const std::string type_name = option.get_type_name();
    outline.choices = choices_of(type_name);
    outline.value = type_name.substr(0, type_name.find_first_of(":{"));
    if (outline.value.empty()) outline.value = "WORD";
  }
  outline.kind = kind_of(outline);
  return outline;
}

}  // namespace

CommandOutline outline_of(const CLI::App& app) {
  CommandOutline outline{.name = app.get_name(),
                         .description = app.get_description(),
                         .footer = app.get_footer(),
                         .arguments = {},
                         .options = {},
                         .commands = {}};
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->get_positional() ? outline.arguments : outline.options).push_back(option_outline(*option));
  }
  for (const auto* command : app.get_subcommands({})) outline.commands.push_back(outline_of(*command));
  return outline;
}

std::vector<CommandOutline> leaves(const CommandOutline& program) {
  std::vector<CommandOutline> all;
  for (const auto& command : program.commands) {
    if (command.commands.empty()) all.push_back(command);
    for (auto& leaf : leaves(command)) {
      leaf.name = command.name + " " + leaf.name;
      all.push_back(std::move(leaf));
    }
  }
  return all;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> command_names(const CommandOutline& program) {
  std::vector<std::string> names;
  names.reserve(program.commands.size());
  for (const auto& command : program.commands) names.push_back(command.name);
  return names;
}

}  // namespace signalbox::cli
