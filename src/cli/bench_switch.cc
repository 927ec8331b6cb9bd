#include "cli/bench_switch.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/bench_words.h"
#include "measure/chart.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;
using measure::Direction;

std::string name_of(const Direction& direction) {
  return fmt::format("{} -> {}", direction.from, direction.to);
}

json::object json_of(const Direction& direction) {
  json::array samples;
  for (const auto time : direction.first_tokens) samples.emplace_back(exact_ms(time));
  json::object out{{"from", direction.from},
                   {"to", direction.to},
                   {"measured", direction.first_tokens.size()},
                   {"failed", direction.failed}};
  if (!direction.first_trouble.empty()) out["first_trouble"] = direction.first_trouble;
  out["first_token_ms"] = spread_json(measure::spread_of(direction.first_tokens));
  out["samples_ms"] = std::move(samples);
  return out;
}

// What a measured request came to, for somebody who watches.
std::string line_of(const Direction& direction, const measure::Sample& sample, std::size_t number,
                    std::size_t of) {
  const bool is_right = sample.ending == measure::Ending::whole;
  return fmt::format("{} of {}: {}: {}", number, of, name_of(direction),
                     is_right ? time_text(sample.first_token) : "failed: " + sample.trouble);
}

}  // namespace

std::string switch_table(const measure::SwitchRun& run, bool uses_colour) {
  std::vector<std::vector<Cell>> rows = {
      {{"SWITCH"}, {"MEASURED"}, {"MEDIAN"}, {"P10"}, {"P90"}, {"MIN"}, {"MAX"}, {"FAILED"}}};
  std::string troubles;
  for (const auto& direction : run.directions()) {
    const auto spread = measure::spread_of(direction.first_tokens);
    std::vector<Cell> row = {{printable(name_of(direction))}, {std::to_string(spread.count)}};
    for (const auto time : {spread.median, spread.p10, spread.p90, spread.min, spread.max}) {
      row.push_back({spread.count > 0 ? time_text(time) : "-"});
    }
    row.push_back(count_cell(direction.failed));
    rows.push_back(std::move(row));
    if (direction.first_trouble.empty()) continue;
    troubles += fmt::format("{}: {}\n", name_of(direction), printable(direction.first_trouble));
  }
  return aligned(rows, uses_colour) +
         "\nFrom the request to the first token, when the other model answered just before.\n" + troubles;
}

std::string switch_json(const measure::SwitchRun& run, const BenchSettings& settings, BenchEnd end) {
  json::array directions;
  for (const auto& direction : run.directions()) directions.push_back(json_of(direction));
  auto out = report_head("switch", settings, end == BenchEnd::stopped);
  out["runs"] = settings.runs;
  out["directions"] = std::move(directions);
  return json::serialize(out) + "\n";
}

std::string switch_picture(const measure::SwitchRun& run) {
  measure::Chart chart{.title = "Switch to first token", .x_label = "switch"};
  for (const auto& direction : run.directions()) {
    measure::ChartSeries series{.name = "to " + direction.to};
    for (const auto time : direction.first_tokens) {
      series.points.push_back({.x = static_cast<double>(series.points.size() + 1), .y = time});
    }
    chart.series.push_back(std::move(series));
  }
  return chart_svg(chart);
}

BenchEnd measure_switches(measure::SwitchRun& run, BenchSession& session) {
  while (const auto ask = run.next()) {
    const bool is_measured = run.is_measured();
    const Direction& direction = run.current();
    session.show(is_measured ? fmt::format("{} of {}: {}", run.done() + 1, run.size(), name_of(direction))
                             : fmt::format("not measured: {}", ask->model));
    const auto sample = session.ask(*ask);
    if (!sample) return BenchEnd::stopped;
    if (is_measured) session.tell(line_of(direction, *sample, run.done() + 1, run.size()));
    run.take(*sample);
  }
  return BenchEnd::complete;
}

}  // namespace signalbox::cli
