// What `signalbox simulate` was told, as texts, and the options that take it.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace signalbox::cli {

// Empty: not given.
struct SimulateOptions {
  std::string trace;      // a file
  std::string synthetic;  // or a workload in one word
  std::vector<std::string> policies;
  std::string lengths = "unknown";
  std::string server;  // whose measured costs are taken
  std::string starvation_limit;
  std::string queue_size;
  std::string workers;
  std::string min_visit;
  std::string next_model;
  std::string flex_limit;
  std::string overlap;
  std::string switch_time;
  std::string time_limit;
  std::string plot;
};

// `options` is filled when the command line is parsed, and outlives that.
void add_simulate_options(CLI::App& command, SimulateOptions& options);

}  // namespace signalbox::cli
