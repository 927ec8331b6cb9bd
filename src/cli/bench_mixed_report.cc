// What comes out of `bench mixed`, in each of its forms.
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/bench_mixed.h"
#include "cli/bench_words.h"
#include "measure/chart.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;
using measure::MixedFigures;

std::vector<Cell> row_of(const std::string& name, const MixedFigures& figures) {
  std::vector<Cell> row = {{name}, {std::to_string(figures.whole)}};
  for (const auto& spread : {figures.first_token, figures.total}) {
    for (const auto time : {spread.median, spread.p95, spread.max}) {
      row.push_back({spread.count > 0 ? time_text(time) : "-"});
    }
  }
  for (const auto count : {figures.rejected, figures.failed, figures.silent, figures.late}) {
    row.push_back(count_cell(count));
  }
  return row;
}

json::object json_of(const MixedFigures& figures) {
  json::object out{{"asked", figures.asked},   {"whole", figures.whole},   {"rejected", figures.rejected},
                   {"failed", figures.failed}, {"silent", figures.silent}, {"late", figures.late}};
  if (!figures.first_trouble.empty()) out["first_trouble"] = figures.first_trouble;
  out["first_token_ms"] = spread_json(figures.first_token);
  out["total_ms"] = spread_json(figures.total);
  return out;
}

json::object json_of(const measure::MixedRecord& record, const std::string& model) {
  json::object out{{"at_ms", exact_ms(record.at)},
                   {"model", model},
                   {"ending", json::string_view(measure::name_of(record.sample.ending))},
                   {"first_token_ms", nullptr},
                   {"total_ms", exact_ms(record.sample.total)}};
  if (record.sample.first_token) out["first_token_ms"] = exact_ms(*record.sample.first_token);
  return out;
}

}  // namespace

std::string mixed_table(const MixedOutcome& outcome, const BenchSettings& settings, bool uses_colour) {
  std::vector<std::vector<Cell>> rows = {{{"MODEL"},
                                          {"ANSWERED"},
                                          {"FIRST P50"},
                                          {"P95"},
                                          {"MAX"},
                                          {"TOTAL P50"},
                                          {"P95"},
                                          {"MAX"},
                                          {"REJECTED"},
                                          {"FAILED"},
                                          {"CUT SHORT"},
                                          {"LATE"}}};
  for (std::size_t i = 0; i < settings.models.size(); ++i) {
    rows.push_back(row_of(printable(settings.models[i]), measure::figures_of(outcome.records, i)));
  }
  const auto all = measure::figures_of(outcome.records);
  rows.push_back(row_of("all", all));
  std::string text =
      aligned(rows, uses_colour) +
      fmt::format(
          "\n{} requests over {}. Times are those of whole answers: to the first token, and in "
          "all. CUT SHORT: the stream ended as if it were whole, without its terminator.\n",
          all.asked, time_text(outcome.length));
  if (!all.first_trouble.empty()) text += "The first failure: " + printable(all.first_trouble) + "\n";
  if (outcome.broken_off > 0)
    text += fmt::format("{} were under way when it was ended.\n", outcome.broken_off);
  return text;
}

std::string mixed_json(const MixedOutcome& outcome, const BenchSettings& settings) {
  auto out = report_head("mixed", settings, outcome.end == BenchEnd::stopped);
  out["rate"] = static_cast<double>(settings.rate_thousandths) / 1000;
  out["requests"] = settings.requests;
  out["seed"] = settings.seed;
  out["tokens_max"] = settings.tokens_max;
  out["length_ms"] = exact_ms(outcome.length);
  out["broken_off"] = outcome.broken_off;
  out["all"] = json_of(measure::figures_of(outcome.records));
  json::array models;
  for (std::size_t i = 0; i < settings.models.size(); ++i) {
    auto row = json_of(measure::figures_of(outcome.records, i));
    row["model"] = settings.models[i];
    models.push_back(std::move(row));
  }
  out["per_model"] = std::move(models);
  json::array samples;
  for (const auto& record : outcome.records)
    samples.push_back(json_of(record, settings.models[record.model]));
  out["samples"] = std::move(samples);
  return json::serialize(out) + "\n";
}

std::string mixed_picture(const MixedOutcome& outcome, const BenchSettings& settings) {
  measure::Chart chart{.title = "First token, by when it was asked for",
                       .x_label = "time in s",
                       .marks = measure::Chart::Marks::dots};
  for (const auto& name : settings.models) chart.series.push_back({.name = name});
  for (const auto& record : outcome.records) {
    if (record.sample.ending != measure::Ending::whole) continue;
    chart.series[record.model].points.push_back(
        {.x = exact_ms(record.at) / 1000, .y = record.sample.first_token.value_or(record.sample.total)});
  }
  return chart_svg(chart);
}

}  // namespace signalbox::cli
