// From the table of keys to CLI11's options.
#include "cli/config_options.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "config/keys.h"

namespace signalbox::cli {
namespace {

// A choice as CLI11 shows one of its own, so that all are found in the same way.
std::string type_name(const config::Key& key) {
  switch (key.type) {
    case config::Type::boolean:
      return "";
    case config::Type::bytes:
      return "SIZE";
    case config::Type::count:
      return "N";
    case config::Type::duration:
      return "DURATION";
    case config::Type::seconds:
      return "SECONDS";
    case config::Type::factor:
      return "FACTOR";
    case config::Type::choice:
      return fmt::format("{{{}}}", fmt::join(key.choices, ","));
    case config::Type::text:
      return "TEXT";
    case config::Type::address:
      return "ADDRESS";
    case config::Type::path:
      return "PATH";
    case config::Type::words:
    case config::Type::command:
    case config::Type::secrets:
      return "LIST";
  }
  return "";
}

// The reference's sentence, for a terminal.
std::string help_of(const config::Key& key) {
  std::string text(key.doc);
  std::erase(text, '`');
  const std::string_view otherwise = key.default_text.empty() ? key.without : key.default_text;
  std::string fallback(otherwise);
  std::erase(fallback, '`');
  return fmt::format("{} Default: {}.", text, fallback);
}

void add_flag(CLI::App& command, const config::Key& key, ConfigOptions& options) {
  const std::string flag(key.flag);
  CLI::Option* option = nullptr;
  if (key.type == config::Type::boolean) {
    // `--list-aliases` alone means true, `--list-aliases=false` takes it back.
    option = command.add_flag(flag, options.booleans[flag], help_of(key));
  } else {
    const auto take = [&options, flag](const CLI::results_t& results) {
      options.flags.push_back({.flag = flag, .value = results.empty() ? std::string() : results.back()});
      return true;
    };
    option = command.add_option(flag, take, help_of(key))->type_name(type_name(key));
  }
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->group(std::string(to_string(key.section)));
}

}  // namespace

void add_file_option(CLI::App& command, ConfigOptions& options) {
  command
      .add_option("--config", options.file,
                  "The configuration. Without it: SIGNALBOX_CONFIG, ./models.yaml, "
                  "$XDG_CONFIG_HOME/signalbox/models.yaml.")
      ->type_name("FILE");
}

void add_config_options(CLI::App& command, ConfigOptions& options) {
  add_file_option(command, options);
  const auto take = [&options](const CLI::results_t& results) {
    options.sets = results;
    return true;
  };
  command
      .add_option(
          "--set", take,
          "Sets any key, such as scheduler.wait_timeout=10s or models.NAME.queue_size=5. May be repeated.")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  for (const config::Key& key : config::keys()) {
    if (!key.flag.empty()) add_flag(command, key, options);
  }
}

config::LoadRequest ConfigOptions::request(const Surround& surround) const {
  config::LoadRequest request;
  if (!file.empty()) request.config = file;
  request.flags = flags;
  for (const auto& [flag, value] : booleans) {
    if (!value.empty()) request.flags.push_back({.flag = flag, .value = value});
  }
  request.sets = sets;
  request.environment = surround.environment;
  request.working_directory = surround.working_directory;
  return request;
}

}  // namespace signalbox::cli
