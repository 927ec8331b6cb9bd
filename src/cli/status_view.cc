// Reads only what it shows; a field that is missing or of another type is shown as "-".
#include "cli/status_view.h"

#include <cmath>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/core.h>

#include "cli/terminal.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;

std::optional<json::object> object_of(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

const json::value* field(const json::object& object, std::string_view name) {
  return object.if_contains({name.data(), name.size()});
}

std::optional<std::string> text(const json::object& object, std::string_view name) {
  const auto* value = field(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return printable(std::string_view(value->as_string().data(), value->as_string().size()));
}

std::optional<double> number(const json::object& object, std::string_view name) {
  const auto* value = field(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto read = value->to_number<double>();
  return std::isfinite(read) ? std::optional(read) : std::nullopt;
}

std::string count_text(std::optional<double> count) {
  return count ? fmt::format("{:.0f}", *count) : "-";
}
std::string seconds_text(std::optional<double> ms) {
  return ms ? fmt::format("{:.1f} s", *ms / 1000) : "-";
}
std::string percent_text(double progress) {
  return fmt::format("{:.0f} %", progress * 100);
}

Colour colour_of(std::string_view status) {
  if (status == "ready") return Colour::green;
  if (status == "error" || status == "quarantined") return Colour::red;
  if (status == "idle" || status == "unloaded") return Colour::dim;
  return Colour::yellow;
}

const json::object& part(const json::object& object, std::string_view name) {
  static const json::object none;
  const auto* value = field(object, name);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

std::string target_text(const json::object& status) {
  const auto target = text(status, "target_model");
  if (!target) return "-";
  std::string line = *target;
  if (const auto progress = number(status, "progress")) line += ", " + percent_text(*progress);
  if (const auto elapsed = number(status, "switch_elapsed_ms")) line += ", " + seconds_text(elapsed);
  return line;
}

std::vector<Cell> row_of(const json::object& model) {
  const std::string state = text(model, "status").value_or("-");
  const bool waits = number(model, "queue_length").value_or(0) > 0;
  return {{.text = text(model, "id").value_or("-")},
          {.text = state, .colour = colour_of(state)},
          {.text = count_text(number(model, "queue_length")) + "/" + count_text(number(model, "queue_size"))},
          {.text = count_text(number(model, "in_flight"))},
          {.text = count_text(number(model, "loads"))},
          {.text = seconds_text(number(model, "last_load_ms"))},
          {.text = waits ? seconds_text(number(model, "oldest_wait_ms")) : "-"}};
}

}  // namespace

std::optional<std::string> status_text(std::string_view body, bool uses_colour) {
  const auto status = object_of(body);
  if (!status || !text(*status, "status")) return std::nullopt;
  const std::string state = *text(*status, "status");
  const auto& workers = part(*status, "workers");
  std::vector<std::vector<Cell>> head = {
      {{.text = "status"}, {.text = state, .colour = colour_of(state)}},
      {{.text = "active model"}, {.text = text(*status, "active_model").value_or("-")}},
      {{.text = "target model"}, {.text = target_text(*status)}},
      {{.text = "workers"},
       {.text =
            count_text(number(workers, "busy")) + " of " + count_text(number(workers, "size")) + " busy"}}};
  if (const auto error = text(*status, "last_error"))
    head.push_back({{.text = "last error"}, {.text = *error, .colour = Colour::red}});

  std::vector<std::vector<Cell>> rows = {
      {{"MODEL"}, {"STATUS"}, {"WAITING"}, {"RUNNING"}, {"LOADS"}, {"LAST LOAD"}, {"OLDEST WAIT"}}};
  std::string errors;
  const auto* models = field(*status, "models");
  if (models != nullptr && models->is_array()) {
    for (const auto& model : models->get_array()) {
      if (!model.is_object()) continue;
      rows.push_back(row_of(model.get_object()));
      const auto error = text(model.get_object(), "last_error");
      if (error)
        errors +=
            painted(fmt::format("{}: {}", rows.back().front().text, *error), Colour::red, uses_colour) + "\n";
    }
  }
  return aligned(head, uses_colour) + "\n" + aligned(rows, uses_colour) + errors;
}

std::string progress_text(std::string_view body, std::string_view model) {
  const auto status = object_of(body);
  if (!status) return {};
  std::string line = fmt::format("{}: {}", printable(model), text(*status, "status").value_or("-"));
  const auto active = text(*status, "active_model");
  if (active && *active != model) line += fmt::format(", {} finishes first", *active);
  if (const auto progress = number(*status, "progress")) line += " " + percent_text(*progress);
  if (const auto elapsed = number(*status, "switch_elapsed_ms")) line += ", " + seconds_text(elapsed);
  return line;
}

std::string error_message(unsigned http_status, std::string_view body) {
  const auto answer = object_of(body);
  const auto message = answer ? text(part(*answer, "error"), "message") : std::nullopt;
  return message ? *message
                 : fmt::format("the server answered {} and nothing that a Signalbox would say", http_status);
}

}  // namespace signalbox::cli
