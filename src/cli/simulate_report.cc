#include "cli/simulate_report.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/status_words.h"
#include "cli/terminal.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;
using simulate::Figures;
using simulate::Summary;

std::string seconds(Duration duration) {
  return seconds_text(static_cast<double>(to_ms(duration)));
}

std::string share(std::size_t part, std::size_t whole) {
  if (part == 0 || whole == 0) return "0";
  return fmt::format("{} ({:.1f} %)", part, 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string percent(std::int64_t thousandths) {
  return fmt::format("{}.{} %", thousandths / 10, thousandths % 10);
}

std::vector<Cell> head_of(const std::string& first, bool has_unfinished) {
  std::vector<Cell> row = {{first}, {"SERVED"}, {"REJECTED"}, {"MEAN"},    {"P50"},
                           {"P95"}, {"P99"},    {"MAX"},      {"SWITCHES"}};
  if (has_unfinished) row.insert(row.begin() + 3, {"UNFINISHED"});
  return row;
}

std::vector<Cell> row_of(const std::string& name, const Figures& figures, bool has_unfinished) {
  const auto asked = figures.served + figures.rejected + figures.unfinished;
  std::vector<Cell> row = {{name},
                           {std::to_string(figures.served)},
                           {.text = share(figures.rejected, asked),
                            .colour = figures.rejected > 0 ? Colour::yellow : Colour::none}};
  if (has_unfinished) row.push_back({std::to_string(figures.unfinished)});
  for (const auto wait : {figures.mean, figures.p50, figures.p95, figures.p99, figures.max}) {
    row.push_back({figures.served > 0 ? seconds(wait) : "-"});
  }
  row.push_back({std::to_string(figures.switches)});
  return row;
}

json::object json_of(const Figures& figures) {
  json::object out;
  out["served"] = figures.served;
  out["rejected"] = figures.rejected;
  out["unfinished"] = figures.unfinished;
  out["wait_ms"] = json::object{{"mean", to_ms(figures.mean)},
                                {"p50", to_ms(figures.p50)},
                                {"p95", to_ms(figures.p95)},
                                {"p99", to_ms(figures.p99)},
                                {"max", to_ms(figures.max)}};
  out["switches"] = figures.switches;
  // Of the waits that were told an estimate on arrival; of the peers none are.
  if (figures.estimated > 0) {
    out["estimates"] = json::object{{"told", figures.estimated},
                                    {"median_error_thousandths", figures.estimate_error_thousandths}};
  }
  return out;
}

json::object json_of(const PolicyReport& report, const std::vector<std::string>& models) {
  json::object out;
  out["policy"] = json::string_view(simulate::name_of(report.policy));
  out["length_ms"] = to_ms(report.summary.length);
  out["switching_ms"] = to_ms(report.summary.switching);
  out["all"] = json_of(report.summary.all);
  json::array rows;
  for (std::size_t i = 0; i < models.size(); ++i) {
    auto row = json_of(report.summary.models[i]);
    row["model"] = models[i];
    rows.push_back(std::move(row));
  }
  out["models"] = std::move(rows);
  return out;
}

}  // namespace

std::string simulation_table(const std::vector<PolicyReport>& reports, const std::vector<std::string>& models,
                             bool uses_colour) {
  const bool has_unfinished = std::ranges::any_of(
      reports, [](const PolicyReport& report) { return report.summary.all.unfinished > 0; });
  std::vector<std::vector<Cell>> rows;
  if (reports.size() == 1) {
    const Summary& summary = reports.front().summary;
    rows.push_back(head_of("MODEL", has_unfinished));
    for (std::size_t i = 0; i < models.size(); ++i) {
      rows.push_back(row_of(printable(models[i]), summary.models[i], has_unfinished));
    }
    rows.push_back(row_of("all", summary.all, has_unfinished));
    return aligned(rows, uses_colour) +
           fmt::format(
               "\nWaits from arrival to start, under the policy {}; {} of the time went into switches.\n",
               simulate::name_of(reports.front().policy), percent(summary.switching_thousandths()));
  }
  rows.push_back(head_of("POLICY", has_unfinished));
  rows.back().push_back({"SWITCHING"});
  for (const auto& report : reports) {
    rows.push_back(row_of(std::string(simulate::name_of(report.policy)), report.summary.all, has_unfinished));
    rows.back().push_back({percent(report.summary.switching_thousandths())});
  }
  return aligned(rows, uses_colour) + "\nWaits from arrival to start; SWITCHING is its share of the time.\n";
}

std::string simulation_json(const std::vector<PolicyReport>& reports, const std::vector<std::string>& models,
                            simulate::Lengths lengths) {
  json::array policies;
  for (const auto& report : reports) policies.push_back(json_of(report, models));
  json::object out;
  out["lengths"] = lengths == simulate::Lengths::known ? "known" : "unknown";
  out["policies"] = std::move(policies);
  return json::serialize(out) + "\n";
}

}  // namespace signalbox::cli
