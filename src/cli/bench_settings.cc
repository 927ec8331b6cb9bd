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

constexpr std::uint32_t kTokens = 3400;
constexpr std::uint32_t kTokensMax = 1'000'000;
constexpr std::uint32_t kTurns = 3;
constexpr std::uint32_t kTurnsMax = 100;
constexpr std::uint32_t kConversations = 1;
constexpr std::uint32_t kConversationsMax = 100;

constexpr std::uint32_t kRateThousandths = 500;
constexpr std::uint32_t kRequests = 60;
constexpr std::uint32_t kRequestsMax = 10'000;
constexpr std::uint32_t kSeed = 1;
constexpr std::uint32_t kAnswerTokens = 64;
constexpr std::uint32_t kAnswerTokensMax = 100'000;

std::optional<Error> trouble_of_models(BenchKind kind, const std::vector<std::string>& models) {
  const auto trouble = [](std::string message) {
    return Error{.code = ErrorCode::invalid, .message = "--models: " + std::move(message)};
  };
  for (auto name = models.begin(); name != models.end(); ++name) {
    if (name->empty())
      return trouble("one of the names is empty; names with commas between them are allowed");
    if (std::find(models.begin(), name, *name) != name)
      return trouble(fmt::format("{} is named twice", *name));
  }
  if (models.size() == kTwo || kind == BenchKind::mixed) return std::nullopt;
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
  auto url = parse_base_url(options.url);
  if (!url) return fail(url.error().code, "--url: " + url.error().message);
  if (const auto trouble = trouble_of_models(kind, options.models)) return std::unexpected(*trouble);
  auto key = key_of(options.api_key_env, environment);
  if (!key) return std::unexpected(key.error());
  url->address.api_key = *std::move(key);

  OptionReading reading;
  BenchSettings settings{.url = *std::move(url), .models = options.models, .plot = options.plot};
  settings.timeout =
      reading.duration("--timeout", options.timeout, kTimeoutMax, kTimeoutMin).value_or(kTimeout);
  settings.runs = reading.count("--runs", options.runs, 1, kRunsMax).value_or(kRuns);
  settings.tokens = reading.count("--tokens", options.tokens, 1, kTokensMax).value_or(kTokens);
  settings.turns = reading.count("--turns", options.turns, 1, kTurnsMax).value_or(kTurns);
  settings.conversations =
      reading.count("--conversations", options.conversations, 1, kConversationsMax).value_or(kConversations);
  settings.rate_thousandths = reading.factor("--rate", options.rate, 1).value_or(kRateThousandths);
  settings.requests = reading.count("--requests", options.requests, 1, kRequestsMax).value_or(kRequests);
  settings.seed = reading.count("--seed", options.seed, 0).value_or(kSeed);
  settings.tokens_max =
      reading.count("--tokens-max", options.tokens_max, 1, kAnswerTokensMax).value_or(kAnswerTokens);
  if (reading.error()) return std::unexpected(*reading.error());
  return settings;
}

}  // namespace signalbox::cli
