#include "cli/bench_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/option_reading.h"

namespace signalbox::cli {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(300);
constexpr Duration kTimeoutMin = std::chrono::milliseconds(1);
constexpr Duration kTimeoutMax = std::chrono::hours(1);
constexpr std::uint32_t kRuns = 20;
constexpr std::uint32_t kRunsMax = 1000;
constexpr std::size_t kTwo = 2;

std::optional<Error> trouble_of_models(const std::vector<std::string>& models) {
  const auto trouble = [](std::string message) {
    return Error{.code = ErrorCode::invalid, .message = "--models: " + std::move(message)};
  };
  for (auto name = models.begin(); name != models.end(); ++name) {
    if (name->empty())
      return trouble("one of the names is empty; names with commas between them are allowed");
    if (std::find(models.begin(), name, *name) != name)
      return trouble(fmt::format("{} is named twice", *name));
  }
  if (models.size() == kTwo) return std::nullopt;
  return trouble(fmt::format("names {} model{}; two with a comma between them are wanted", models.size(),
                             models.size() == 1 ? "" : "s"));
}

Result<std::string> key_of(const std::string& variable, const config::Environment& environment) {
  if (variable.empty()) return std::string();
  const auto found = environment.find(variable);
  if (found != environment.end() && !found->second.empty()) return found->second;
  return fail(
      ErrorCode::invalid,
      fmt::format("--api-key-env: there is no variable {} in the environment, or it is empty", variable));
}

}  // namespace

Result<BenchSettings> bench_settings(BenchKind kind, const BenchOptions& options,
                                     const config::Environment& environment) {
  static_cast<void>(kind);
  auto url = parse_base_url(options.url);
  if (!url) return fail(url.error().code, "--url: " + url.error().message);
  if (const auto trouble = trouble_of_models(options.models)) return std::unexpected(*trouble);
  auto key = key_of(options.api_key_env, environment);
  if (!key) return std::unexpected(key.error());
  url->address.api_key = *std::move(key);

  OptionReading reading;
  BenchSettings settings{.url = *std::move(url), .models = options.models, .plot = options.plot};
  settings.timeout =
      reading.duration("--timeout", options.timeout, kTimeoutMax, kTimeoutMin).value_or(kTimeout);
  settings.runs = reading.count("--runs", options.runs, 1, kRunsMax).value_or(kRuns);
  if (reading.error()) return std::unexpected(*reading.error());
  return settings;
}

}  // namespace signalbox::cli
