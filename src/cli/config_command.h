// `signalbox check` and `signalbox config`: work on the configuration alone, talk to nobody.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "config/load.h"

namespace signalbox::cli {

enum class ConfigFormat { table, json };

// Errors to standard error, one a line. The exit code is the caller's.
void print_errors(const config::ConfigErrors& errors, const Surround& surround);
void print_warnings(const config::ConfigErrors& warnings, const Surround& surround);

[[nodiscard]] int check_command(const config::LoadRequest& request, const Surround& surround);
[[nodiscard]] int config_command(const config::LoadRequest& request, ConfigFormat format,
                                 const Surround& surround);

// "2 models", "1 model"
[[nodiscard]] std::string models_text(std::size_t count);

}  // namespace signalbox::cli
