#include "cli/bench_options.h"

#include "cli/bench_settings.h"

namespace signalbox::cli {
namespace {

CLI::App& add(CLI::App& bench, const std::string& name, const std::string& description,
              const std::string& footer) {
  auto& command = *bench.add_subcommand(name, description);
  command.footer(footer +
                 "\n\nExit codes: 0 all of it was measured; 1 something failed, or Ctrl-C ended it, and the "
                 "table tells what there is; 2 an option or a model's name is wrong; 3 no server answers.");
  command.group("Measurements");
  return command;
}

void add_common(CLI::App& command, BenchOptions& options, bool& wants_json, const std::string& models) {
  command
      .add_option("--url", options.url,
                  "Any OpenAI-compatible server: http://HOST:PORT, with or without /v1, or unix:/path.")
      ->type_name("URL")
      ->capture_default_str();
  command.add_option("--models", options.models, models)
      ->required()
      ->type_name("NAMES")
      ->delimiter(',')
      ->expected(1, static_cast<int>(kBenchModelsMax))
      ->allow_extra_args(false);
  command.add_option("--timeout", options.timeout, "How long one request may take in all. Default: 300s.")
      ->type_name("DURATION");
  command
      .add_option("--api-key-env", options.api_key_env,
                  "The variable that holds the API key to send. Without it: none is sent.")
      ->type_name("NAME");
  command.add_option("--plot", options.plot, "Draws each measured time into an SVG file.")->type_name("FILE");
  command.add_flag("--json", wants_json, "Prints the figures and each single time as JSON.");
}

void add_switch(CLI::App& bench, BenchOptions& options, bool& wants_json) {
  auto& command =
      add(bench, "switch", "How long a switch between two models takes, to the first token.",
          "Asks for one model and then for the other, with a small prompt, over and over. Each is "
          "asked once beforehand, which is not measured.\n\n"
          "Example:\n"
          "  signalbox bench switch --url http://127.0.0.1:8080 --models chat,code --runs 20");
  add_common(command, options, wants_json, "The two models, with a comma between them.");
  command.add_option("--runs", options.runs, "Switches in each direction. Default: 20.")->type_name("N");
}

}  // namespace

void add_bench_commands(CLI::App& bench, BenchOptions& options, bool& wants_json) {
  bench.require_subcommand(1);
  add_switch(bench, options, wants_json);
}

}  // namespace signalbox::cli
