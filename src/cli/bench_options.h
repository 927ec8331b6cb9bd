// What `signalbox bench` was told, as texts, and the sub-commands with the options that take it.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace signalbox::cli {

// Empty: not given.
struct BenchOptions {
  std::string url = "http://127.0.0.1:8080";
  std::vector<std::string> models;
  std::string api_key_env;
  std::string timeout;
  std::string plot;
  std::string runs;
  std::string tokens;
  std::string turns;
  std::string conversations;
  std::string rate;
  std::string requests;
  std::string seed;
  std::string tokens_max;
};

// `options` and `wants_json` are filled when the command line is parsed, and outlive that.
void add_bench_commands(CLI::App& bench, BenchOptions& options, bool& wants_json);

}  // namespace signalbox::cli
