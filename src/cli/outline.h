// What a command line can hold, read from CLI11's object, for what prints it in another form than --help: the
// man page and the completions. Pure.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace signalbox::cli {

// What may stand where a value is asked for.
enum class ValueKind { none, choice, file, model, other };

struct OptionOutline {
  std::vector<std::string> names;  // "-h", "--help"; empty: an argument without a name
  std::string value;               // "FILE"; empty: it takes none
  std::vector<std::string> choices;
  std::string description;
  std::string group;
  ValueKind kind = ValueKind::none;
};

struct CommandOutline {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionOutline> arguments;
  std::vector<OptionOutline> options;
  std::vector<CommandOutline> commands;
};

// Without what is hidden from --help.
[[nodiscard]] CommandOutline outline_of(const CLI::App& app);

// The commands that can be run, those of groups under their whole names: "serve", "bench switch".
[[nodiscard]] std::vector<CommandOutline> leaves(const CommandOutline& program);

// "serve check config", for a shell.
[[nodiscard]] std::string joined(const std::vector<std::string>& words);
[[nodiscard]] std::vector<std::string> command_names(const CommandOutline& program);

}  // namespace signalbox::cli
