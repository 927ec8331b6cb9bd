// Every command and option, as CLI11's object: what the arguments are taken apart by, and the one source of
// --help, the man page and the completions.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/bench_options.h"
#include "cli/config_options.h"
#include "cli/simulate_options.h"

namespace signalbox::cli {

// What was given.
struct CommandLine {
  ConfigOptions config;
  SimulateOptions simulate;
  BenchOptions bench;
  std::string log_level = "info";
  std::string log_format = "auto";
  std::string server;
  std::string model;
  std::string shell;
  std::string output;
  std::string duration;
  bool wants_json = false;
  bool wants_names = false;
  bool wants_once = false;
  bool wants_reference = false;
  bool waits = false;
};

// `app` is new; `line` is filled when it parses, and outlives that.
void add_commands(CLI::App& app, CommandLine& line);

}  // namespace signalbox::cli
