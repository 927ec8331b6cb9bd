#include "cli/bench_words.h"

#include <fmt/core.h>

namespace signalbox::cli {

namespace json = boost::json;

std::string time_text(std::optional<Duration> time) {
  constexpr Duration kLong = std::chrono::seconds(10);
  if (!time) return "-";
  const double ms = exact_ms(*time);
  return *time < kLong ? fmt::format("{:.0f} ms", ms) : fmt::format("{:.1f} s", ms / 1000);
}

Cell count_cell(std::size_t count) {
  return {.text = std::to_string(count), .colour = count > 0 ? Colour::yellow : Colour::none};
}

double exact_ms(Duration time) {
  return static_cast<double>(time.count()) / 1000;
}

json::value spread_json(const measure::Spread& spread) {
  if (spread.count == 0) return nullptr;
  return json::object{{"min", exact_ms(spread.min)},       {"p10", exact_ms(spread.p10)},
                      {"median", exact_ms(spread.median)}, {"p90", exact_ms(spread.p90)},
                      {"p95", exact_ms(spread.p95)},       {"p99", exact_ms(spread.p99)},
                      {"max", exact_ms(spread.max)}};
}

json::object report_head(std::string_view measurement, const BenchSettings& settings, bool was_stopped) {
  json::array models;
  for (const auto& name : settings.models) models.emplace_back(name);
  return json::object{{"measurement", json::string_view(measurement)},
                      {"url", settings.url.text},
                      {"models", std::move(models)},
                      {"stopped", was_stopped}};
}

}  // namespace signalbox::cli
