// For zsh's own _arguments, which knows --option=value and what was given already.
#include <string_view>

#include <fmt/core.h>

#include "cli/completion.h"

namespace signalbox::cli {
namespace {

constexpr std::string_view kHead = R"zsh(#compdef signalbox
# zsh completion for signalbox. Made by `signalbox completion zsh`.

_signalbox_models() {
  local -a names server
  local option
  for option in --server --config; do
    if [[ -n ${opt_args[$option]-} ]]; then server+=($option "${(Q)opt_args[$option]}"); fi
  done
  names=("${(@f)$(_call_program models "${(q)program}" models --names "${(q)server[@]}" 2>/dev/null)}")
  names=(${names:#})
  compadd -a names
}

_signalbox() {
  local curcontext=$curcontext state line program=$words[1]
  local -A opt_args
  local -a commands
)zsh";

constexpr std::string_view kTail = R"zsh(    esac
    ;;
  esac
}

if [[ $funcstack[1] == _signalbox ]]; then
  _signalbox "$@"
else
  compdef _signalbox signalbox
fi
)zsh";

// Within single quotes, and within the brackets and colons of _arguments.
std::string in_quotes(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string value_of(const OptionOutline& option) {
  switch (option.kind) {
    case ValueKind::none:
      return {};
    case ValueKind::choice:
      return fmt::format(":{}:({})", in_quotes(option.value), joined(option.choices));
    case ValueKind::file:
      return fmt::format(":{}:_files", in_quotes(option.value));
    case ValueKind::model:
      return fmt::format(":{}:_signalbox_models", in_quotes(option.value));
    case ValueKind::other:
      return fmt::format(":{}: ", in_quotes(option.value));
  }
  return {};
}

std::string specs_of(const CommandOutline& command, std::string_view indent) {
  std::string lines;
  for (const auto& option : command.options) {
    for (const auto& name : option.names) {
      const bool takes_value = option.kind != ValueKind::none;
      lines +=
          fmt::format(" \\\n{}'*{}{}[{}]{}'", indent, name, takes_value && name.starts_with("--") ? "=" : "",
                      in_quotes(option.description), value_of(option));
    }
  }
  for (const auto& argument : command.arguments)
    lines += fmt::format(" \\\n{}'1{}'", indent, value_of(argument));
  return lines;
}

std::string described(const CommandOutline& group, std::string_view indent) {
  std::string lines = fmt::format("{}commands=(\n", indent);
  for (const auto& command : group.commands) {
    lines += fmt::format("{}  '{}:{}'\n", indent, command.name, in_quotes(command.description));
  }
  return lines + fmt::format("{0})\n{0}_describe -t commands command commands\n", indent);
}

// A branch of the `case` over the first word, to any depth.
std::string branch_of(const CommandOutline& command, const std::string& indent) {
  const std::string inner = indent + "  ";
  if (command.commands.empty()) {
    return fmt::format("{}{})\n{}_arguments{}\n{};;\n", indent, command.name, inner,
                       specs_of(command, inner + "  "), inner);
  }
  std::string text = fmt::format(
      "{0}{1})\n{2}_arguments -C{3} \\\n{2}  '1: :->command' \\\n{2}  '*:: :->rest'\n"
      "{2}case $state in\n{2}command)\n{4}{2}  ;;\n{2}rest)\n{2}  case $words[1] in\n",
      indent, command.name, inner, specs_of(command, inner + "  "), described(command, inner + "  "));
  for (const auto& one : command.commands) text += branch_of(one, inner + "  ");
  return text + fmt::format("{0}  esac\n{0}  ;;\n{0}esac\n{0};;\n", inner);
}

}  // namespace

std::string zsh_completion(const CommandOutline& program) {
  std::string text(kHead);
  text += "  _arguments -C" + specs_of(program, "    ") +
          " \\\n    '1: :->command' \\\n    '*:: :->rest'\n"
          "  case $state in\n  command)\n" +
          described(program, "    ") + "    ;;\n  rest)\n    case $words[1] in\n";
  for (const auto& command : program.commands) text += branch_of(command, "    ");
  return text + std::string(kTail);
}

}  // namespace signalbox::cli
