// The figures of simulated runs as a table for a person and as JSON for a program. Pure.
#pragma once

#include <string>
#include <vector>

#include "simulate/summary.h"

namespace signalbox::cli {

struct PolicyReport {
  simulate::PolicyName policy = simulate::PolicyName::signalbox;
  simulate::Summary summary;
};

// Of one policy a row for each model and one for all; of several one row each.
[[nodiscard]] std::string simulation_table(const std::vector<PolicyReport>& reports,
                                           const std::vector<std::string>& models, bool uses_colour);
[[nodiscard]] std::string simulation_json(const std::vector<PolicyReport>& reports,
                                          const std::vector<std::string>& models, simulate::Lengths lengths);

}  // namespace signalbox::cli
