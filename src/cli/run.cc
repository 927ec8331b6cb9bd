// CLI11 takes the arguments apart; each command then is one function elsewhere.
#include "cli/run.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/config_command.h"
#include "cli/config_options.h"
#include "cli/exit_code.h"
#include "cli/server_address.h"
#include "cli/server_commands.h"
#include "config/reference.h"

namespace signalbox::cli {
namespace {

constexpr std::string_view kFooter =
    "Exit codes: 0 it worked, 1 it failed, 2 the command line or the configuration is wrong, 3 no server "
    "answers.\n"
    "signalbox COMMAND --help tells more of a command; docs/configuration.md has every setting.";

// The key that status and select send; without it the first one of the configuration that they read.
constexpr std::string_view kKeyVariable = "SIGNALBOX_API_KEY";

// Everything that the command line can hold.
struct CommandLine {
  ConfigOptions config;
  std::string log_level = "info";
  std::string log_format = "auto";
  std::string server;
  std::string model;
  bool wants_json = false;
  bool wants_reference = false;
  bool wants_once = false;
  bool waits = false;
};

void add_serve(CLI::App& app, CommandLine& line) {
  auto& serve = *app.add_subcommand("serve", "Starts the server. Stop it with Ctrl-C or SIGTERM.");
  add_config_options(serve, line.config);
  serve
      .add_option("--log-level", line.log_level,
                  "Lines of this weight and above are written to standard error.")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  serve.add_option("--log-format", line.log_format, "auto: text on a terminal, JSON lines elsewhere.")
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str();
}

void add_config_commands(CLI::App& app, CommandLine& line) {
  auto& check =
      *app.add_subcommand("check", "Says whether the configuration is right, and every error in it.");
  add_config_options(check, line.config);
  auto& config = *app.add_subcommand("config", "Prints each setting as it holds, and where it comes from.");
  add_config_options(config, line.config);
  config.add_flag("--json", line.wants_json, "As JSON.");
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

void add_server_commands(CLI::App& app, CommandLine& line) {
  auto& status = *app.add_subcommand("status", "Shows which model is active, who waits, and what goes on.");
  add_server_option(status, line);
  status.add_flag("--once", line.wants_once,
                  "Prints it once, also on a terminal, where it else is redrawn until Ctrl-C.");
  status.add_flag("--json", line.wants_json, "The server's own answer, once.");
  auto& select = *app.add_subcommand("select", "Makes a model the active one.");
  select.add_option("model", line.model, "The model's name or alias.")->required()->type_name("MODEL");
  add_server_option(select, line);
  select.add_flag("--wait", line.waits,
                  "Returns when the model is ready (exit code 0) or its load has failed (1).");
}

log::Options log_options(const CommandLine& line, const Surround& surround) {
  constexpr std::pair<std::string_view, log::Level> kLevels[] = {{"debug", log::Level::debug},
                                                                 {"info", log::Level::info},
                                                                 {"warning", log::Level::warning},
                                                                 {"error", log::Level::error}};
  log::Options options;
  for (const auto& [name, level] : kLevels) {
    if (line.log_level == name) options.level = level;
  }
  const bool is_text =
      line.log_format == "text" || (line.log_format == "auto" && surround.err_medium == Medium::terminal);
  options.format = is_text ? log::Format::text : log::Format::json;
  options.colour = is_text && uses_colour(surround.err_medium, surround.environment);
  return options;
}

int serve_command(const CommandLine& line, const Surround& surround, const Serve& serve) {
  const auto loaded = config::load(line.config.request(surround));
  if (!loaded) {
    print_errors(loaded.error(), surround);
    return kExitUsage;
  }
  return serve(*loaded, log_options(line, surround));
}

// A file with errors must not keep one from asking the server that runs.
Result<ServerAddress> server_of(const CommandLine& line, const Surround& surround) {
  if (!line.server.empty()) return parse_server_address(line.server);
  const auto loaded = config::load(line.config.request(surround));
  const std::string standard = config::ServerSection().listen;
  if (loaded) {
    const auto& server = loaded->config.server;
    auto address = address_of_listen(server.listen);
    if (address && !server.api_keys.empty()) address->api_key = server.api_keys.front();
    return address;
  }
  if (!line.config.file.empty()) return fail(ErrorCode::invalid, to_string(loaded.error().front()));
  return address_of_listen(standard);
}

StatusFormat status_format(const CommandLine& line) {
  if (line.wants_json) return StatusFormat::json;
  return line.wants_once ? StatusFormat::table : StatusFormat::live;
}

int ask_server(const std::string& command, const CommandLine& line, const Surround& surround) {
  auto address = server_of(line, surround);
  if (!address) {
    surround.err << printable(address.error().message) << '\n';
    return kExitUsage;
  }
  const auto key = surround.environment.find(std::string(kKeyVariable));
  if (key != surround.environment.end()) address->api_key = key->second;
  if (command == "status") return status_command(*address, status_format(line), surround);
  return select_command(*address, line.model, line.waits ? SelectWait::yes : SelectWait::no, surround);
}

int run_command(const std::string& command, const CommandLine& line, const Surround& surround,
                const Serve& serve) {
  if (command == "serve") return serve_command(line, surround, serve);
  if (command == "check") return check_command(line.config.request(surround), surround);
  if (command != "config") return ask_server(command, line, surround);
  if (line.wants_reference) {
    surround.out << config::reference();
    return kExitOk;
  }
  return config_command(line.config.request(surround),
                        line.wants_json ? ConfigFormat::json : ConfigFormat::table, surround);
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Surround& surround, const Serve& serve) {
  CLI::App app(
      "Signalbox serves several models over OpenAI's API, one at a time: it queues requests, switches "
      "models, and tells clients why they wait.",
      "signalbox");
  CommandLine line;
  app.set_version_flag("--version", "signalbox " SIGNALBOX_VERSION);
  app.footer(std::string(kFooter));
  app.require_subcommand(1);
  add_serve(app, line);
  add_config_commands(app, line);
  add_server_commands(app, line);
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, surround.out, surround.err) == 0 ? kExitOk : kExitUsage;
  }
  return run_command(app.get_subcommands().front()->get_name(), line, surround, serve);
}

}  // namespace signalbox::cli
