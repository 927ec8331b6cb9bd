#include "simulate/synthetic.h"

#include <array>
#include <optional>
#include <random>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "simulate/decimal.h"
#include "simulate/draw.h"

namespace signalbox::simulate {
namespace {

constexpr std::string_view kKind = "zipf:";
constexpr std::uint64_t kRateMax = 100'000;  // a second
constexpr std::uint64_t kExponentMax = 10;
constexpr std::string_view kExample =
    "zipf:models=27,requests=10000,rate=2,exponent=1.1,service=3s,variation=exponential,seed=1";

// A decimal number in thousandths; what is finer is cut off.
std::optional<std::uint64_t> thousandths(std::string_view text, std::uint64_t max) {
  const auto number = parse_seconds(text, std::chrono::seconds(static_cast<std::int64_t>(max)));
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(to_ms(*number));
}

std::optional<std::uint64_t> above_zero(std::optional<std::uint64_t> number) {
  return number && *number > 0 ? number : std::nullopt;
}

std::optional<Duration> duration_of(std::string_view text) {
  std::int64_t divisor = 1;
  if (text.ends_with("ms")) {
    divisor = 1000;
    text.remove_suffix(2);
  } else if (text.ends_with('s')) {
    text.remove_suffix(1);
  }
  const auto number = parse_seconds(text, kTraceServiceMax);
  if (!number || *number / divisor == Duration{0}) return std::nullopt;
  return *number / divisor;
}

// Sets the field, if the value is one; each returns whether it was.
template <class Number, class Parsed>
bool take(Number& field, const std::optional<Parsed>& value) {
  if (value) field = static_cast<Number>(*value);
  return value.has_value();
}

struct Key {
  std::string_view name;
  std::string_view allowed;
  bool (*read)(Synthetic& wanted, std::string_view text);
};

constexpr std::array kKeys = {
    Key{.name = "models",
        .allowed = "1 to 10000",
        .read =
            [](Synthetic& w, std::string_view t) {
              return take(w.models, above_zero(parse_whole(t, kTraceModelsMax)));
            }},
    Key{.name = "requests",
        .allowed = "1 to 10000000",
        .read =
            [](Synthetic& w, std::string_view t) {
              return take(w.requests, above_zero(parse_whole(t, kTraceRequestsMax)));
            }},
    Key{.name = "rate",
        .allowed = "requests a second, 0.001 to 100000",
        .read =
            [](Synthetic& w, std::string_view t) {
              return take(w.rate_thousandths, above_zero(thousandths(t, kRateMax)));
            }},
    Key{.name = "exponent",
        .allowed = "0 (all models alike) to 10",
        .read =
            [](Synthetic& w, std::string_view t) {
              return take(w.exponent_thousandths, thousandths(t, kExponentMax));
            }},
    Key{.name = "service",
        .allowed = "the mean, such as 3s or 200ms, up to 86400s",
        .read = [](Synthetic& w, std::string_view t) { return take(w.service, duration_of(t)); }},
    Key{.name = "variation",
        .allowed = "exponential or fixed",
        .read =
            [](Synthetic& w, std::string_view t) {
              w.variation = t == "fixed" ? Variation::fixed : Variation::exponential;
              return t == "fixed" || t == "exponential";
            }},
    Key{.name = "seed",
        .allowed = "a whole number",
        .read = [](Synthetic& w,
                   std::string_view t) { return take(w.seed, parse_whole(t, ~std::uint64_t{0})); }},
};
static_assert(kTraceModelsMax == 10'000 && kTraceRequestsMax == 10'000'000);

Result<void> read_pair(Synthetic& wanted, std::string_view pair) {
  const auto name = pair.substr(0, pair.find('='));
  for (const auto& key : kKeys) {
    if (name != key.name) continue;
    const auto text = name.size() == pair.size() ? std::string_view() : pair.substr(name.size() + 1);
    if (key.read(wanted, text)) return {};
    return fail(ErrorCode::invalid, fmt::format("{} is \"{}\"; {} is allowed", name, text, key.allowed));
  }
  return fail(ErrorCode::invalid,
              fmt::format("\"{}\" is no key; an example with all of them: {}", name, kExample));
}

}  // namespace

Result<Synthetic> parse_synthetic(std::string_view spec) {
  if (spec != "zipf" && !spec.starts_with(kKind)) {
    return fail(ErrorCode::invalid,
                fmt::format("is \"{}\"; an example of what is allowed: {}", spec, kExample));
  }
  Synthetic wanted;
  spec.remove_prefix(std::min(spec.size(), kKind.size()));
  while (!spec.empty()) {
    const auto comma = std::min(spec.find(','), spec.size());
    if (const auto read = read_pair(wanted, spec.substr(0, comma)); !read)
      return std::unexpected(read.error());
    spec.remove_prefix(std::min(spec.size(), comma + 1));
  }
  const auto seconds = wanted.requests * 1000 / wanted.rate_thousandths;
  if (seconds > static_cast<std::uint64_t>(kTraceTimeMax / std::chrono::seconds(1))) {
    return fail(ErrorCode::invalid, "so many requests at that rate would take more than a year");
  }
  return wanted;
}

Trace synthetic_trace(const Synthetic& wanted) {
  const auto exponent = static_cast<double>(wanted.exponent_thousandths) / 1000;
  return synthetic_trace(wanted, zipf_weights(wanted.models, exponent));
}

Trace synthetic_trace(const Synthetic& wanted, const std::vector<std::uint64_t>& weights) {
  SB_ASSERT(weights.size() == wanted.models && wanted.rate_thousandths > 0);
  std::mt19937_64 random(wanted.seed);
  const WeightedDraw draw_model(weights);
  const Duration gap(1'000'000'000 / static_cast<std::int64_t>(wanted.rate_thousandths));
  Trace trace;
  trace.models = model_names(wanted.models);
  trace.requests.reserve(wanted.requests);
  Duration now{0};
  for (std::uint64_t i = 0; i < wanted.requests; ++i) {
    now += draw_exponential(random, gap);
    const ModelIndex model(draw_model(random));
    const bool varies = wanted.variation == Variation::exponential;
    const auto service = varies ? draw_exponential(random, wanted.service) : wanted.service;
    trace.requests.push_back({.arrived = now, .model = model, .service = service});
  }
  return trace;
}

}  // namespace signalbox::simulate
