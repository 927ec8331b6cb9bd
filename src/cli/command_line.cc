// Its sentences are read in a terminal by somebody who has not read anything else.
#include "cli/command_line.h"

#include <string_view>

#include <fmt/core.h>

#include "cli/exit_code.h"
#include "cli/help_format.h"

namespace signalbox::cli {
namespace {

std::string exit_codes_text() {
  std::string text = "Exit codes:\n";
  for (const auto& [code, meaning] : kExitCodes) text += fmt::format("  {}  {}\n", code, meaning);
  return text;
}

CLI::App& add(CLI::App& app, const std::string& name, const std::string& description,
              const std::string& footer) {
  auto& command = *app.add_subcommand(name, description);
  command.footer(footer);
  command.group("Commands");
  return command;
}

void add_serve(CLI::App& app, CommandLine& line) {
  auto& serve = add(app, "serve", "Runs the server, until Ctrl-C or SIGTERM.",
                    "Examples:\n"
                    "  signalbox serve\n"
                    "  signalbox serve --config models.yaml --listen 127.0.0.1:9000\n"
                    "  signalbox serve --set models.NAME.queue_size=5");
  add_config_options(serve, line.config);
  serve
      .add_option("--log-level", line.log_level,
                  "Lines of this weight and above are written to standard error.")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  serve.add_option("--log-format", line.log_format, "auto: text on a terminal, JSON lines elsewhere.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str();
}

void add_config_commands(CLI::App& app, CommandLine& line) {
  auto& check = add(app, "check", "Says whether the configuration is right, or every error in it.",
                    "Example:\n"
                    "  signalbox check --config models.yaml && signalbox serve --config models.yaml");
  add_config_options(check, line.config);
  auto& config = add(app, "config", "Prints each setting as it holds, and where its value comes from.",
                     "Example:\n"
                     "  signalbox config --config models.yaml | grep queue_size");
  add_config_options(config, line.config);
  config.add_flag("--json", line.wants_json, "Prints it as JSON.");
  config.add_flag("--reference", line.wants_reference, "Prints docs/configuration.md.")->group("");
}

void add_server_option(CLI::App& command, CommandLine& line) {
  add_file_option(command, line.config);
  command
      .add_option(
          "--server", line.server,
          "The server to ask: http://HOST:PORT or unix:/path. Without it: where the configuration "
          "listens, else http://127.0.0.1:8080. Its key comes from SIGNALBOX_API_KEY or the configuration.")
      ->type_name("ADDRESS");
}

void add_status(CLI::App& app, CommandLine& line) {
  auto& status =
      add(app, "status", "Shows which model is active, who waits, and what goes on.",
          "On a terminal the picture follows the server until Ctrl-C. In a pipe, or with --once, it "
          "is printed once.\n\n"
          "Examples:\n"
          "  signalbox status\n"
          "  signalbox status --once --server http://127.0.0.1:9000\n"
          "  signalbox status --json | jq .active_model");
  add_server_option(status, line);
  status.add_flag("--once", line.wants_once, "Prints it once, also on a terminal.");
  status.add_flag("--json", line.wants_json, "Prints the server's own answer, once.");
}

void add_models(CLI::App& app, CommandLine& line) {
  auto& models =
      add(app, "models", "Lists the server's models.",
          "What a model's file tells, its size among it, is known once it was loaded.\n\n"
          "Examples:\n"
          "  signalbox models\n"
          "  for model in $(signalbox models --names); do signalbox select --wait \"$model\"; done");
  add_server_option(models, line);
  auto* names = models.add_flag("--names", line.wants_names, "Prints nothing but the names, one a line.");
  models.add_flag("--json", line.wants_json, "Prints the server's own answer.")->excludes(names);
}

void add_select(CLI::App& app, CommandLine& line) {
  auto& select = add(app, "select", "Makes a model the active one.",
                     "A model that is not loaded replaces the active one as soon as that has finished.\n\n"
                     "Example:\n"
                     "  signalbox select --wait my-model");
  select.add_option("model", line.model, "The model's name or alias.")->required()->type_name("MODEL");
  add_server_option(select, line);
  select.add_flag("--wait", line.waits,
                  "Returns when the model is ready (exit code 0) or its load has failed (1).");
}

void add_record(CLI::App& app, CommandLine& line) {
  auto& record =
      add(app, "record", "Writes when a running server is asked for what, as a trace for simulate.",
          "Times, models and how long each answer took, and nothing of any text. Requests that "
          "were turned away are not in it. Until Ctrl-C, or for the time that is given.\n\n"
          "Example:\n"
          "  signalbox record --output monday.csv --duration 8h\n"
          "  signalbox simulate monday.csv --policy all");
  record
      .add_option("--output", line.output, "The file. It must not be there yet; only its owner can read it.")
      ->required()
      ->type_name("FILE");
  record.add_option("--duration", line.duration, "Ends after this time, at most 24h.")->type_name("DURATION");
  add_server_option(record, line);
}

void add_simulate(CLI::App& app, CommandLine& line) {
  auto& simulate =
      add(app, "simulate", "Tries limits on recorded or drawn requests, in seconds, with no model loaded.",
          "The same decisions as the server's, in simulated time. An answer takes as long as the "
          "trace says, however many run beside it.\n\n"
          "Examples:\n"
          "  signalbox simulate trace.csv --policy all\n"
          "  signalbox simulate trace.csv --config models.yaml --queue-size 30 --plot waits.svg\n"
          "  signalbox simulate --synthetic zipf:models=5,rate=1 --json | jq .policies[0].all");
  add_simulate_options(simulate, line.simulate);
  simulate
      .add_option("--config", line.config.file,
                  "Takes the limits from this configuration. Without it: the built-in ones.")
      ->type_name("FILE");
  simulate.add_flag("--json", line.wants_json, "Prints the figures as JSON.");
}

void add_bench(CLI::App& app, CommandLine& line) {
  auto& bench =
      add(app, "bench", "Measures any OpenAI-compatible server: what a switch costs, and what it breaks.",
          "It only asks, as a client does, so it tells what a client feels, whichever server that is. "
          "What else uses the server or the machine meanwhile makes it slower.\n\n"
          "Example:\n"
          "  signalbox bench switch --url http://127.0.0.1:8080 --models chat,code");
  add_bench_commands(bench, line.bench, line.wants_json);
}

void add_printers(CLI::App& app, CommandLine& line) {
  auto& completion = add(app, "completion", "Prints what makes a shell complete this command line.",
                         "Examples:\n"
                         "  source <(signalbox completion bash)\n"
                         "  signalbox completion zsh > \"${fpath[1]}/_signalbox\"\n"
                         "  signalbox completion fish > ~/.config/fish/completions/signalbox.fish");
  completion.add_option("shell", line.shell, "The shell.")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add(app, "man", "Prints the manual page.", "Example:\n  signalbox man | man -l -");
}

}  // namespace

void add_commands(CLI::App& app, CommandLine& line) {
  app.name("signalbox");
  app.description(
      "Signalbox serves several models over OpenAI's API, one at a time: it queues requests, switches "
      "models, and tells clients why they wait.");
  app.formatter(help_formatter());
  app.set_version_flag("--version", "signalbox " SIGNALBOX_VERSION, "Prints the version.");
  app.set_help_flag("-h,--help", "Prints this help.");
  app.footer(
      "Examples:\n"
      "  signalbox serve --config models.yaml\n"
      "  signalbox status\n"
      "  signalbox select --help\n\n" +
      exit_codes_text() + "\nEvery setting is explained in docs/configuration.md.");
  app.require_subcommand(1);
  add_serve(app, line);
  add_config_commands(app, line);
  add_status(app, line);
  add_models(app, line);
  add_select(app, line);
  add_record(app, line);
  add_simulate(app, line);
  add_bench(app, line);
  add_printers(app, line);
}

}  // namespace signalbox::cli
