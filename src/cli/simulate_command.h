// `signalbox simulate`: reads a workload, runs it in virtual time, prints the figures.
#pragma once

#include "cli/server_address.h"
#include "cli/simulate_options.h"
#include "cli/terminal.h"
#include "config/load.h"

namespace signalbox::cli {

struct SimulateRequest {
  SimulateOptions options;
  enum class Format { table, json };
  Format format = Format::table;
  // None: no configuration was named, and none is looked for.
  std::optional<config::LoadRequest> config;
  std::string api_key;  // for --from-server; empty: none
};

[[nodiscard]] int simulate_command(const SimulateRequest& request, const Surround& surround);

}  // namespace signalbox::cli
