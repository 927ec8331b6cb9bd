// The options that serve, check and config share: the file, one flag for each key of the table, --set.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/terminal.h"
#include "config/load.h"

namespace signalbox::cli {

struct ConfigOptions {
  std::string file;
  std::vector<config::FlagGiven> flags;
  std::map<std::string, std::string> booleans;  // by flag; empty: not given
  std::vector<std::string> sets;

  [[nodiscard]] config::LoadRequest request(const Surround& surround) const;
};

// `options` is filled when the command line is parsed, and outlives that.
void add_file_option(CLI::App& command, ConfigOptions& options);
void add_config_options(CLI::App& command, ConfigOptions& options);

}  // namespace signalbox::cli
