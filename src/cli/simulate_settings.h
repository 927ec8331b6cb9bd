// From the options, a configuration and a server's measurements to what the simulation is run with. Reads no
// file and asks no server: simulate_command.cc does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/simulate_options.h"
#include "cli/status_report.h"
#include "config/config.h"
#include "simulate/run.h"

namespace signalbox::cli {

struct SimulationSources {
  const config::Config* config = nullptr;  // null: the built-in limits
  const StatusReport* measured = nullptr;  // null: nothing
};

// An option goes before the configuration, and a measured cost before --switch-time. A model that neither
// knows has the built-in values. The error names the option.
[[nodiscard]] Result<simulate::Settings> simulation_settings(const SimulateOptions& options,
                                                             const SimulationSources& sources,
                                                             const std::vector<std::string>& models);
// Each once, in the order in which they were given; `all` is all.
[[nodiscard]] std::vector<simulate::PolicyName> policies_of(const SimulateOptions& options);

// What of the models is in neither source, for a word to the user.
[[nodiscard]] std::vector<std::string> unknown_models(const SimulationSources& sources,
                                                      const std::vector<std::string>& models);

}  // namespace signalbox::cli
