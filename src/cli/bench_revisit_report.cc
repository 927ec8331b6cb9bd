// What comes out of `bench revisit`, in each of its forms.
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "cli/bench_revisit.h"
#include "cli/bench_words.h"
#include "cli/status_words.h"
#include "measure/chart.h"
#include "measure/revisit_figures.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;
using measure::RevisitSide;
using measure::RevisitTurn;
using measure::Sample;

std::string cached_text(const std::optional<std::uint64_t>& cached, const std::optional<std::uint64_t>& of) {
  if (!cached || !of || *of == 0) return count_text(cached);
  return fmt::format("{} ({})", *cached,
                     percent_text(static_cast<double>(*cached) / static_cast<double>(*of)));
}

std::vector<Cell> row_of(const std::string& name, const RevisitSide& side) {
  const bool is_measured = side.first_token.count > 0;
  std::vector<Cell> row = {{name}, {std::to_string(side.first_token.count)}};
  for (const auto time : {side.first_token.median, side.first_token.min, side.first_token.max}) {
    row.push_back({is_measured ? time_text(time) : "-"});
  }
  row.push_back({count_text(side.prompt_tokens)});
  row.push_back({cached_text(side.cached, side.prompt_tokens)});
  row.push_back({count_text(side.computed)});
  return row;
}

void take_count(json::object& out, std::string_view name, const std::optional<std::uint64_t>& count) {
  if (count) out[json::string_view(name)] = *count;
}

json::value json_of(const std::optional<Sample>& sample) {
  if (!sample) return nullptr;
  json::object out{{"first_token_ms", exact_ms(sample->first_token.value_or(sample->total))},
                   {"total_ms", exact_ms(sample->total)}};
  take_count(out, "prompt_tokens", sample->prompt_tokens);
  take_count(out, "cache_n", sample->cached);
  take_count(out, "prompt_n", sample->computed);
  out["text"] = sample->text;
  return out;
}

json::object json_of(const RevisitSide& side) {
  json::object out{{"first_token_ms", spread_json(side.first_token)}};
  take_count(out, "prompt_tokens", side.prompt_tokens);
  take_count(out, "cache_n", side.cached);
  take_count(out, "prompt_n", side.computed);
  return out;
}

json::object json_of(const RevisitTurn& turn) {
  json::object out{{"conversation", turn.conversation + 1},
                   {"turn", turn.turn + 1},
                   {"warm", json_of(turn.warm)},
                   {"after", json_of(turn.after)}};
  if (turn.is_whole()) out["same_answer"] = turn.has_same_answer();
  if (!turn.trouble.empty()) out["trouble"] = turn.trouble;
  return out;
}

}  // namespace

std::string revisit_table(const measure::RevisitRun& run, bool uses_colour) {
  const auto figures = measure::figures_of(run.turns());
  const std::vector<std::vector<Cell>> rows = {
      {{"NEXT TURN"}, {"TURNS"}, {"MEDIAN"}, {"MIN"}, {"MAX"}, {"PROMPT"}, {"FROM CACHE"}, {"COMPUTED"}},
      row_of("nothing between", figures.warm),
      row_of("after " + printable(run.plan().between), figures.after)};
  std::string text =
      aligned(rows, uses_colour) +
      fmt::format(
          "\nTo the first token of {}. Tokens are medians of what the server tells; - is what it does not.\n",
          printable(run.plan().model));
  if (figures.measured > 0) {
    text += fmt::format("{} of {} answers are the same with and without {} in between.\n",
                        figures.same_answers, figures.measured, printable(run.plan().between));
  }
  if (run.done() > 0 && !run.is_length_known()) {
    text += "The server counts no tokens, so the length of the conversation is a guess.\n";
  }
  if (figures.failed > 0) {
    text += fmt::format("{} turns failed; the first: {}\n", figures.failed, printable(figures.first_trouble));
  }
  return text;
}

std::string revisit_json(const measure::RevisitRun& run, const BenchSettings& settings, BenchEnd end) {
  const auto turns = run.turns();
  const auto figures = measure::figures_of(turns);
  json::array samples;
  for (const auto& turn : turns) samples.push_back(json_of(turn));
  auto out = report_head("revisit", settings, end == BenchEnd::stopped);
  out["tokens"] = run.plan().tokens;
  out["turns"] = run.plan().turns;
  out["conversations"] = run.plan().conversations;
  out["measured"] = figures.measured;
  out["failed"] = figures.failed;
  out["same_answers"] = figures.same_answers;
  out["warm"] = json_of(figures.warm);
  out["after"] = json_of(figures.after);
  out["samples"] = std::move(samples);
  return json::serialize(out) + "\n";
}

std::string revisit_picture(const measure::RevisitRun& run) {
  measure::Chart chart{.title = "Next turn of a conversation, to first token", .x_label = "turn"};
  chart.series = {{.name = "nothing between"}, {.name = "after " + run.plan().between}};
  for (const auto& turn : run.turns()) {
    if (!turn.is_whole()) continue;
    const auto x = static_cast<double>(chart.series[0].points.size() + 1);
    chart.series[0].points.push_back({.x = x, .y = turn.warm->first_token.value_or(Duration{0})});
    chart.series[1].points.push_back({.x = x, .y = turn.after->first_token.value_or(Duration{0})});
  }
  return chart_svg(chart);
}

}  // namespace signalbox::cli
