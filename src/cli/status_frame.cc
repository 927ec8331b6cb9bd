#include "cli/status_frame.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include <fmt/core.h>

#include "cli/bar.h"
#include "cli/status_words.h"

namespace signalbox::cli {
namespace {

using Rows = std::vector<std::vector<Cell>>;

constexpr std::size_t kSwitchCells = 20;
constexpr std::size_t kQueueCells = 10;
constexpr std::size_t kNarrowColumns = 70;
constexpr std::size_t kNarrowCells = 5;
// What the columns after the model's name need, so that a long name does not push them out.
constexpr std::size_t kOtherColumns = 58;
constexpr std::size_t kNameColumnsMin = 12;

double share_of(std::optional<double> part, std::optional<double> whole) {
  return whole.value_or(0) > 0 ? part.value_or(0) / *whole : 0;
}

Cell switch_cell(const StatusReport& report, const Look& look) {
  if (!report.target_model) return {.text = "-"};
  std::string text = "to " + *report.target_model;
  if (report.progress)
    text += fmt::format("  {} {}", bar(*report.progress, kSwitchCells, look.glyphs),
                        percent_text(*report.progress));
  else if (report.active_model && report.active_model != report.target_model)
    text += fmt::format(", {} finishes first", *report.active_model);
  if (report.switch_elapsed_ms) text += ", " + seconds_text(report.switch_elapsed_ms);
  return {.text = std::move(text), .colour = Colour::yellow};
}

// The running requests have no queue, but as many places as there are workers.
Cell workers_cell(const StatusReport& report, const Look& look) {
  return {.text =
              fmt::format("{}  {} of {} busy",
                          bar(share_of(report.workers_busy, report.workers_size), kQueueCells, look.glyphs),
                          count_text(report.workers_busy), count_text(report.workers_size))};
}

std::vector<std::string> head_of(const StatusReport& report, const Cell& headline, const Look& look) {
  Rows rows = {{{.text = "status"}, {.text = report.status, .colour = colour_of_status(report.status)}},
               {{.text = "active"},
                {.text = report.active_model.value_or("-"),
                 .colour = report.active_model ? Colour::green : Colour::none}},
               {{.text = "switch"}, switch_cell(report, look)},
               {{.text = "workers"}, workers_cell(report, look)}};
  if (report.last_error) rows.push_back({{.text = "error"}, {*report.last_error, Colour::red}});
  auto lines = aligned_lines({{headline}}, look);
  std::ranges::move(aligned_lines(rows, look), std::back_inserter(lines));
  lines.emplace_back();
  return lines;
}

bool is_quiet(const ModelReport& model) {
  return model.status == "unloaded" && model.queue_length.value_or(0) <= 0 &&
         model.in_flight.value_or(0) <= 0 && !model.last_error;
}

// libstdc++'s stable_partition uses what C++20 has deprecated.
std::vector<ModelReport> with_news_first(const std::vector<ModelReport>& models) {
  std::vector<ModelReport> ordered;
  std::ranges::copy_if(models, std::back_inserter(ordered), std::not_fn(is_quiet));
  std::ranges::copy_if(models, std::back_inserter(ordered), is_quiet);
  return ordered;
}

std::vector<Cell> row_of(const ModelReport& model, const Look& look) {
  const bool is_narrow = look.size.columns < kNarrowColumns;
  const std::size_t name_columns =
      std::max(kNameColumnsMin, look.size.columns - std::min(look.size.columns, kOtherColumns));
  std::string status = model.status;
  if (model.quarantined_for_ms) status += fmt::format(" {:.0f} s", *model.quarantined_for_ms / 1000);
  const double full = share_of(model.queue_length, model.queue_size);
  const Colour colour = full >= 1 ? Colour::red : Colour::yellow;
  const std::string queue =
      fmt::format("{} {}/{}", bar(full, is_narrow ? kNarrowCells : kQueueCells, look.glyphs),
                  count_text(model.queue_length), count_text(model.queue_size));
  return {{.text = cut(model.id, name_columns, look.glyphs)},
          {.text = std::move(status), .colour = colour_of_status(model.status)},
          {.text = queue, .colour = full > 0 ? colour : Colour::dim},
          {.text = count_text(model.in_flight)},
          {.text = seconds_text(model.oldest_wait_ms)},
          {.text = model.last_error.value_or(""), .colour = Colour::red}};
}

// The table's head, and as many models as `room` lines hold with it.
std::vector<std::string> table_of(std::vector<ModelReport> models, std::size_t room, const Look& look) {
  const bool has_errors =
      std::ranges::any_of(models, [](const auto& model) { return model.last_error.has_value(); });
  const std::size_t lines_free = room - std::min<std::size_t>(room, 1);
  const bool all_fit = models.size() <= lines_free;
  const std::size_t shown = all_fit ? models.size() : lines_free - std::min<std::size_t>(lines_free, 1);
  if (!all_fit) models = with_news_first(models);

  Rows rows = {{{"MODEL"}, {"STATUS"}, {"QUEUE"}, {"RUNNING"}, {"OLDEST WAIT"}, {}}};
  if (has_errors) rows.front().back().text = "LAST ERROR";
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(row_of(models[i], look));
  auto lines = aligned_lines(rows, look);
  if (!all_fit) {
    const std::string_view dots = look.glyphs == Glyphs::unicode ? "…" : "...";
    const std::string more = fmt::format("{} and {} more", dots, models.size() - shown);
    lines.push_back(cut(more, look.size.columns, look.glyphs));
  }
  return lines;
}

}  // namespace

std::vector<std::string> status_frame(const StatusReport& report, const Cell& headline, std::string_view hint,
                                      const Look& look) {
  auto lines = head_of(report, headline, look);
  const std::size_t room = look.size.rows - std::min(look.size.rows, lines.size());
  std::ranges::move(table_of(report.models, room, look), std::back_inserter(lines));
  if (!hint.empty() && lines.size() + 2 <= look.size.rows) {
    lines.emplace_back();
    lines.push_back(painted(cut(hint, look.size.columns, look.glyphs), Colour::dim, look.uses_colour));
  }
  if (lines.size() > look.size.rows) lines.resize(look.size.rows);
  return lines;
}

}  // namespace signalbox::cli
