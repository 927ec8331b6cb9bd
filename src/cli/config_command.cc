// Loads, then prints.
#include "cli/config_command.h"

#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/exit_code.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;

Colour colour_of(const config::Origin& origin) {
  switch (origin.source) {
    case config::Source::built_in:
      return Colour::dim;
    case config::Source::file:
      return Colour::none;
    case config::Source::environment:
    case config::Source::flag:
    case config::Source::set:
      return Colour::yellow;
  }
  return Colour::none;
}

std::string shown(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

std::string table(const config::LoadedConfig& loaded, const Surround& surround) {
  std::vector<std::vector<Cell>> rows = {{{"KEY"}, {"VALUE"}, {"ORIGIN"}}};
  for (const auto& value : loaded.values) {
    const Colour colour = colour_of(value.origin);
    std::string origin = printable(to_string(value.origin));
    if (value.was)
      origin += fmt::format(", was {} ({})", shown(value.was->text), printable(to_string(value.was->origin)));
    rows.push_back({{.text = printable(value.key), .colour = colour},
                    {.text = shown(value.text), .colour = colour},
                    {.text = std::move(origin), .colour = colour}});
  }
  return aligned(rows, uses_colour(surround.out_medium, surround.environment));
}

std::string as_json(const config::LoadedConfig& loaded) {
  json::array values;
  for (const auto& value : loaded.values) {
    json::object entry{{"key", value.key}, {"value", value.text}, {"origin", to_string(value.origin)}};
    if (value.was)
      entry["was"] = json::object{{"value", value.was->text}, {"origin", to_string(value.was->origin)}};
    values.push_back(std::move(entry));
  }
  json::array warnings;
  for (const auto& warning : loaded.warnings) warnings.emplace_back(to_string(warning));
  return json::serialize(
      json::object{{"file", loaded.file}, {"values", std::move(values)}, {"warnings", std::move(warnings)}});
}

}  // namespace

void print_errors(const config::ConfigErrors& errors, const Surround& surround) {
  for (const auto& error : errors) surround.err << printable(to_string(error)) << '\n';
}

void print_warnings(const config::ConfigErrors& warnings, const Surround& surround) {
  for (const auto& warning : warnings) surround.err << "warning: " << printable(to_string(warning)) << '\n';
}

std::string models_text(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "model" : "models");
}

int check_command(const config::LoadRequest& request, const Surround& surround) {
  const auto loaded = config::load(request);
  if (!loaded) {
    print_errors(loaded.error(), surround);
    return kExitUsage;
  }
  print_warnings(loaded->warnings, surround);
  surround.out << printable(loaded->file) << " is valid: " << models_text(loaded->config.models.size())
               << '\n';
  return kExitOk;
}

int config_command(const config::LoadRequest& request, ConfigFormat format, const Surround& surround) {
  const auto loaded = config::load(request);
  if (!loaded) {
    print_errors(loaded.error(), surround);
    return kExitUsage;
  }
  if (format == ConfigFormat::json) {
    surround.out << as_json(*loaded) << '\n';
    return kExitOk;
  }
  print_warnings(loaded->warnings, surround);
  surround.out << table(*loaded, surround);
  return kExitOk;
}

}  // namespace signalbox::cli
