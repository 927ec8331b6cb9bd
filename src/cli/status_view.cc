#include "cli/status_view.h"

#include <vector>

#include <fmt/core.h>

#include "cli/bar.h"
#include "cli/status_words.h"

namespace signalbox::cli {
namespace {

constexpr std::size_t kProgressCells = 20;

std::string target_text(const StatusReport& report) {
  if (!report.target_model) return "-";
  std::string line = *report.target_model;
  if (report.progress) line += ", " + percent_text(*report.progress);
  if (report.switch_elapsed_ms) line += ", " + seconds_text(report.switch_elapsed_ms);
  return line;
}

std::vector<Cell> row_of(const ModelReport& model) {
  return {{.text = model.id},
          {.text = model.status, .colour = colour_of_status(model.status)},
          {.text = count_text(model.queue_length) + "/" + count_text(model.queue_size)},
          {.text = count_text(model.in_flight)},
          {.text = count_text(model.loads)},
          {.text = seconds_text(model.last_load_ms)},
          {.text = seconds_text(model.oldest_wait_ms)}};
}

}  // namespace

std::string status_text(const StatusReport& report, bool uses_colour) {
  std::vector<std::vector<Cell>> head = {
      {{.text = "status"}, {.text = report.status, .colour = colour_of_status(report.status)}},
      {{.text = "active model"}, {.text = report.active_model.value_or("-")}},
      {{.text = "target model"}, {.text = target_text(report)}},
      {{.text = "workers"},
       {.text = count_text(report.workers_busy) + " of " + count_text(report.workers_size) + " busy"}}};
  if (report.last_error) head.push_back({{.text = "last error"}, {*report.last_error, Colour::red}});

  std::vector<std::vector<Cell>> rows = {
      {{"MODEL"}, {"STATUS"}, {"WAITING"}, {"RUNNING"}, {"LOADS"}, {"LAST LOAD"}, {"OLDEST WAIT"}}};
  std::string errors;
  for (const auto& model : report.models) {
    rows.push_back(row_of(model));
    if (model.last_error)
      errors += painted(fmt::format("{}: {}", model.id, *model.last_error), Colour::red, uses_colour) + "\n";
  }
  return aligned(head, uses_colour) + "\n" + aligned(rows, uses_colour) + errors;
}

std::string progress_text(const StatusReport& report, std::string_view model, Duration waited,
                          const Look& look) {
  std::string line = printable(model) + ": ";
  const bool others_run = report.active_model && report.active_model != report.target_model;
  if (report.target_model && !others_run) {
    line += "loading";
    // An alias was given, or another model's turn comes before.
    if (*report.target_model != model) line += " " + *report.target_model;
    if (report.progress)
      line += fmt::format(" {} {}", bar(*report.progress, kProgressCells, look.glyphs),
                          percent_text(*report.progress));
  } else if (report.active_model && *report.active_model != model) {
    line += fmt::format("waiting for {} to finish", *report.active_model);
  } else {
    line += "waiting";
  }
  line += fmt::format(", {} s", to_ms(waited) / 1000);
  return cut(line, look.size.columns, look.glyphs);
}

}  // namespace signalbox::cli
