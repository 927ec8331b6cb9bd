// One `complete` for each command and option.
#include <string_view>

#include <fmt/core.h>

#include "cli/completion.h"

namespace signalbox::cli {
namespace {

constexpr std::string_view kHead =
    R"fish(# fish completion for signalbox. Made by `signalbox completion fish`.

function __signalbox_models
    set -l given (commandline -opc)
    set -l server
    for i in (seq (count $given))
        switch $given[$i]
            case '--server=*' '--config=*'
                set -a server $given[$i]
            case --server --config
                set -a server $given[$i] $given[(math $i + 1)]
        end
    end
    command $given[1] models --names $server 2>/dev/null
end

complete -c signalbox -f
)fish";

std::string in_quotes(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return "'" + result + "'";
}

std::string value_of(const OptionOutline& option) {
  switch (option.kind) {
    case ValueKind::none:
      return {};
    case ValueKind::choice:
      return " -xa " + in_quotes(joined(option.choices));
    case ValueKind::file:
      return " -rF";
    case ValueKind::model:
      return " -xa '(__signalbox_models)'";
    case ValueKind::other:
      return " -x";
  }
  return {};
}

std::string lines_of(std::string_view condition, const CommandOutline& command) {
  std::string lines;
  for (const auto& option : command.options) {
    lines += fmt::format("complete -c signalbox -n {}", in_quotes(condition));
    for (const auto& name : option.names) {
      const bool is_long = name.starts_with("--");
      lines += (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
    }
    lines += fmt::format("{} -d {}\n", value_of(option), in_quotes(option.description));
  }
  for (const auto& argument : command.arguments) {
    lines += fmt::format("complete -c signalbox -n {}{} -d {}\n", in_quotes(condition), value_of(argument),
                         in_quotes(argument.description));
  }
  return lines;
}

// What may follow where the condition holds, to any depth.
std::string commands_of(const CommandOutline& group, const std::string& condition) {
  std::string lines;
  for (const auto& command : group.commands) {
    lines += fmt::format("complete -c signalbox -n {} -a {} -d {}\n", in_quotes(condition), command.name,
                         in_quotes(command.description));
  }
  return lines;
}

std::string branch_of(const CommandOutline& command, const std::string& before) {
  const std::string seen = before + "__fish_seen_subcommand_from " + command.name;
  if (command.commands.empty()) return lines_of(seen, command);
  const std::string none_yet =
      seen + "; and not __fish_seen_subcommand_from " + joined(command_names(command));
  std::string lines = commands_of(command, none_yet) + lines_of(none_yet, command);
  for (const auto& one : command.commands) lines += branch_of(one, seen + "; and ");
  return lines;
}

}  // namespace

std::string fish_completion(const CommandOutline& program) {
  std::string text(kHead);
  text += commands_of(program, "__fish_use_subcommand") + lines_of("__fish_use_subcommand", program);
  for (const auto& command : program.commands) text += branch_of(command, "");
  return text;
}

}  // namespace signalbox::cli
