#include "cli/models_command.h"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/json/value.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "cli/answers.h"
#include "cli/exit_code.h"
#include "cli/json_read.h"
#include "cli/status_words.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;

// A shell completes names with them, and nobody who has pressed Tab waits longer.
constexpr Duration kNamesTimeout = std::chrono::seconds(2);

std::vector<std::string> aliases_of(const json::object& model) {
  std::vector<std::string> aliases;
  for (const auto& alias : list(model, "aliases")) {
    if (alias.is_string())
      aliases.push_back(printable(std::string_view(alias.get_string().data(), alias.get_string().size())));
  }
  return aliases;
}

// The models of the answer, without the entries that a server with `list_aliases` adds for their aliases.
std::optional<std::vector<json::object>> models_of(std::string_view body) {
  const auto answer = object_of(body);
  if (!answer || text(*answer, "object") != "list") return std::nullopt;
  std::vector<json::object> models;
  for (const auto& model : list(*answer, "data")) {
    if (!model.is_object()) continue;
    const auto id = text(model.get_object(), "id");
    const auto aliases = aliases_of(model.get_object());
    if (id && std::ranges::find(aliases, *id) == aliases.end()) models.push_back(model.get_object());
  }
  return models;
}

// 135 M, 1.5 GB: two figures at least, which is what one compares models by.
std::string scaled_text(std::optional<double> number, const std::array<std::string_view, 5>& units) {
  if (!number || *number < 0) return "-";
  constexpr double kStep = 1000;
  constexpr double kTwoFigures = 9.95;
  double scaled = *number;
  std::size_t unit = 0;
  for (; scaled >= kStep - 0.5 && unit + 1 < units.size(); ++unit) scaled /= kStep;
  const int decimals = unit > 0 && scaled < kTwoFigures ? 1 : 0;
  return fmt::format("{:.{}f}{}{}", scaled, decimals, units.at(unit).empty() ? "" : " ", units.at(unit));
}

std::vector<Cell> row_of(const json::object& model) {
  constexpr std::array<std::string_view, 5> kCounts = {"", "k", "M", "B", "T"};
  constexpr std::array<std::string_view, 5> kBytes = {"B", "kB", "MB", "GB", "TB"};
  const auto& meta = part(model, "meta");
  const std::string status = text(model, "status").value_or("-");
  const auto aliases = aliases_of(model);
  return {{.text = text(model, "id").value_or("-")},
          {.text = status, .colour = colour_of_status(status)},
          {.text = aliases.empty() ? "-" : fmt::format("{}", fmt::join(aliases, ", "))},
          {.text = count_text(number(meta, "n_ctx"))},
          {.text = scaled_text(number(meta, "n_params"), kCounts)},
          {.text = scaled_text(number(meta, "size"), kBytes)}};
}

std::optional<std::string> text_of(const std::string& body, ModelsFormat format, const Surround& surround) {
  if (format == ModelsFormat::names) return model_names(body);
  const auto table = models_table(body, uses_colour(surround.out_medium, surround.environment));
  return table && format == ModelsFormat::json ? passed_on(body, surround.out_medium) : table;
}

}  // namespace

std::optional<std::string> models_table(std::string_view body, bool uses_colour) {
  const auto models = models_of(body);
  if (!models) return std::nullopt;
  std::vector<std::vector<Cell>> rows = {
      {{"MODEL"}, {"STATUS"}, {"ALIASES"}, {"CONTEXT"}, {"PARAMETERS"}, {"SIZE"}}};
  std::ranges::transform(*models, std::back_inserter(rows), row_of);
  return aligned(rows, uses_colour);
}

std::optional<std::string> model_names(std::string_view body) {
  const auto models = models_of(body);
  if (!models) return std::nullopt;
  std::string names;
  for (const auto& model : *models) names += text(model, "id").value_or("") + "\n";
  return names;
}

int models_command(const ServerAddress& address, ModelsFormat format, const Surround& surround) {
  HttpRequest request = get_request("/v1/models");
  if (format == ModelsFormat::names) request.timeout = kNamesTimeout;
  const auto body = ask(address, request, surround);
  if (!body) return body.error();
  const auto text = text_of(*body, format, surround);
  if (!text) return refused({.status = kHttpOk, .body = *body}, surround);
  surround.out << *text;
  return kExitOk;
}

}  // namespace signalbox::cli
