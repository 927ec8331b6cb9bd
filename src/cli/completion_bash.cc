// A function that needs nothing but bash itself, and two tables in it: words by command, and what an option's
// value is by command and option.
#include <string_view>

#include <fmt/core.h>

#include "cli/completion.h"

namespace signalbox::cli {
namespace {

// Names come from a server, so they are never expanded by the shell: no `compgen -W`. Bash takes words apart
// at
// `:` and `=`, which URLs, models' names and --option=value have in them: they are put together again, and
// what bash takes for done is taken off the answers.
constexpr std::string_view kHead = R"sh(# bash completion for signalbox. Made by `signalbox completion bash`.

# Offers those lines of standard input that begin with $cur.
__signalbox_offer() {
  local candidate
  while IFS= read -r candidate; do
    if [[ -n $candidate && $candidate == "$cur"* ]]; then COMPREPLY+=("$(printf '%q' "$candidate")"); fi
  done
}

# The words up to the cursor, as the program would get them.
__signalbox_join() {
  local i glue=
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i > 0)) && [[ -n $glue || ${COMP_WORDS[i]} == [:=]* ]]; then
      words[${#words[@]} - 1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
    glue=
    if [[ ${COMP_WORDS[i]} == [:=] ]]; then glue=1; fi
  done
}

# Which server a command line that is not finished names.
__signalbox_server() {
  local i
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case ${words[i]} in
      --server=* | --config=*) server+=("${words[i]}") ;;
      --server | --config) server+=("${words[i]}" "${words[i + 1]}") ;;
    esac
  done
}

__signalbox_value() {
  local server=() choices
  case $1 in
    model)
      __signalbox_server
      __signalbox_offer < <("${words[0]/#\~/$HOME}" models --names "${server[@]}" 2>/dev/null)
      ;;
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    choice:*)
      IFS=, read -ra choices <<<"${1#choice:}"
      __signalbox_offer < <(printf '%s\n' "${choices[@]}")
      ;;
  esac
}
)sh";

constexpr std::string_view kTail = R"sh(
_signalbox() {
  local cur prev command= i words kind
  COMPREPLY=()
  __signalbox_join
  cur=${words[${#words[@]} - 1]}
  prev=${words[${#words[@]} - 2]}
  if [[ $cur == --*=* ]]; then
    prev=${cur%%=*}
    cur=${cur#*=}
  fi
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    if [[ ${words[i]} != -* && -n $(__signalbox_commands "$command") ]]; then
      command+=${command:+ }${words[i]}
    fi
  done
  kind=$(__signalbox_kind "$command:$prev")
  if [[ -n $kind ]]; then
    __signalbox_value "$kind"
  elif [[ $cur == -* ]]; then
    __signalbox_offer < <(__signalbox_options "$command")
  elif [[ -n $(__signalbox_commands "$command") ]]; then
    __signalbox_offer < <(__signalbox_commands "$command")
  else
    __signalbox_value "$(__signalbox_kind "$command")"
  fi
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    i=${cur%"${cur##*:}"}
    COMPREPLY=("${COMPREPLY[@]#"$i"}")
  fi
}

complete -F _signalbox signalbox
)sh";

std::string word_of(const OptionOutline& option) {
  switch (option.kind) {
    case ValueKind::none:
      return {};
    case ValueKind::file:
      return "file";
    case ValueKind::model:
      return "model";
    case ValueKind::other:
      return "other";
    case ValueKind::choice: {
      std::string word = "choice:";
      for (const auto& choice : option.choices) word += (word.ends_with(':') ? "" : ",") + choice;
      return word;
    }
  }
  return {};
}

std::string kinds_of(const CommandOutline& command) {
  std::string lines;
  for (const auto& argument : command.arguments) {
    lines += fmt::format("    '{}') echo {} ;;\n", command.name, word_of(argument));
  }
  for (const auto& option : command.options) {
    if (option.kind == ValueKind::none) continue;
    for (const auto& name : option.names) {
      lines += fmt::format("    '{}:{}') echo {} ;;\n", command.name, name, word_of(option));
    }
  }
  return lines;
}

std::string options_line(std::string_view name, const CommandOutline& command) {
  std::string line = fmt::format("    '{}') printf '%s\\n'", name);
  for (const auto& option : command.options) line += " " + joined(option.names);
  return line + " ;;\n";
}

std::string commands_line(std::string_view name, const CommandOutline& group) {
  return fmt::format("    '{}') printf '%s\\n' {} ;;\n", name, joined(command_names(group)));
}

}  // namespace

std::string bash_completion(const CommandOutline& program) {
  const auto commands = leaves(program);
  std::string text(kHead);
  text +=
      "\n# What may follow a command that is no whole one; the empty one is the program.\n"
      "__signalbox_commands() {\n  case $1 in\n" +
      commands_line("", program);
  for (const auto& command : program.commands) {
    if (!command.commands.empty()) text += commands_line(command.name, command);
  }
  text += "  esac\n}\n\n__signalbox_options() {\n  case $1 in\n" + options_line("", program);
  for (const auto& command : program.commands) {
    if (!command.commands.empty()) text += options_line(command.name, command);
  }
  for (const auto& command : commands) text += options_line(command.name, command);
  text +=
      "  esac\n}\n\n# What COMMAND:OPTION, or COMMAND's argument, is a value of.\n__signalbox_kind() {\n"
      "  case $1 in\n";
  for (const auto& command : commands) text += kinds_of(command);
  return text + "  esac\n}\n" + std::string(kTail);
}

}  // namespace signalbox::cli
