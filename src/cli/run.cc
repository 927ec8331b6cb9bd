// CLI11 takes the arguments apart; each command then is one function elsewhere.
#include "cli/run.h"

#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/bench_command.h"
#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/config_command.h"
#include "cli/exit_code.h"
#include "cli/man_page.h"
#include "cli/models_command.h"
#include "cli/outline.h"
#include "cli/record_command.h"
#include "cli/server_address.h"
#include "cli/server_commands.h"
#include "cli/simulate_command.h"
#include "config/reference.h"
#include "config/value.h"

namespace signalbox::cli {
namespace {

// The key that is sent to a server; without it the first one of the configuration that they read.
constexpr std::string_view kKeyVariable = "SIGNALBOX_API_KEY";

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
    if (address && !server.api_keys.empty()) address->api_key = server.api_keys.front().key;
    return address;
  }
  if (!line.config.file.empty()) return fail(ErrorCode::invalid, to_string(loaded.error().front()));
  return address_of_listen(standard);
}

StatusFormat status_format(const CommandLine& line) {
  if (line.wants_json) return StatusFormat::json;
  return line.wants_once ? StatusFormat::table : StatusFormat::live;
}

ModelsFormat models_format(const CommandLine& line) {
  if (line.wants_json) return ModelsFormat::json;
  return line.wants_names ? ModelsFormat::names : ModelsFormat::table;
}

std::optional<std::string> key_of(const Surround& surround) {
  const auto key = surround.environment.find(std::string(kKeyVariable));
  return key == surround.environment.end() ? std::nullopt : std::optional(key->second);
}

int record(const ServerAddress& address, const CommandLine& line, const Surround& surround) {
  constexpr Duration kMost = std::chrono::hours(24);
  RecordRequest request{.output = line.output, .duration = std::nullopt};
  if (!line.duration.empty()) request.duration = config::parse_duration(line.duration);
  const bool is_right = line.duration.empty() || (request.duration && *request.duration <= kMost);
  if (is_right) return record_command(address, request, surround, SystemClock());
  surround.err << printable("--duration: is \"" + line.duration +
                            "\"; a duration such as 30s, 5m or 8h, up to 24h, is allowed")
               << '\n';
  return kExitUsage;
}

int ask_server(const std::string& command, const CommandLine& line, const Surround& surround) {
  auto address = server_of(line, surround);
  if (!address) {
    surround.err << printable(address.error().message) << '\n';
    return kExitUsage;
  }
  if (const auto key = key_of(surround)) address->api_key = *key;
  if (command == "status") return status_command(*address, status_format(line), surround);
  if (command == "record") return record(*address, line, surround);
  if (command == "models") return models_command(*address, models_format(line), surround);
  return select_command(*address, line.model, line.waits ? SelectWait::yes : SelectWait::no, surround);
}

int run_simulation(const CommandLine& line, const Surround& surround) {
  SimulateRequest request;
  request.options = line.simulate;
  if (line.wants_json) request.format = SimulateRequest::Format::json;
  if (!line.config.file.empty()) request.config = line.config.request(surround);
  request.api_key = key_of(surround).value_or("");
  return simulate_command(request, surround);
}

int run_bench(const std::string& measurement, const CommandLine& line, const Surround& surround) {
  BenchRequest request{.kind = BenchKind::switching, .options = line.bench};
  if (measurement == "revisit") request.kind = BenchKind::revisit;
  if (measurement == "mixed") request.kind = BenchKind::mixed;
  if (line.wants_json) request.format = BenchRequest::Format::json;
  return bench_command(request, surround, SystemClock());
}

std::string printed(const std::string& command, const std::string& shell, const CommandOutline& program) {
  if (command == "man") return man_page(program);
  if (shell == "bash") return bash_completion(program);
  return shell == "zsh" ? zsh_completion(program) : fish_completion(program);
}

int run_command(const std::string& command, const CommandLine& line, const Surround& surround,
                const Serve& serve) {
  if (command == "serve") return serve_command(line, surround, serve);
  if (command == "simulate") return run_simulation(line, surround);
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
  CLI::App app;
  CommandLine line;
  add_commands(app, line);
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, surround.out, surround.err) == 0 ? kExitOk : kExitUsage;
  }
  const std::string command = app.get_subcommands().front()->get_name();
  if (command == "man" || command == "completion") {
    surround.out << printed(command, line.shell, outline_of(app));
    return kExitOk;
  }
  if (command == "bench") {
    return run_bench(app.get_subcommands().front()->get_subcommands().front()->get_name(), line, surround);
  }
  return run_command(command, line, surround, serve);
}

}  // namespace signalbox::cli
