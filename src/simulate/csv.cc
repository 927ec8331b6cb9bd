#include "simulate/csv.h"

#include <algorithm>

namespace signalbox::simulate {
namespace {

// Takes a field in quotes off the front of the line; none if it is not closed.
std::optional<std::string> take_quoted(std::string_view& line) {
  std::string field;
  line.remove_prefix(1);
  for (auto quote = line.find('"'); quote != std::string_view::npos; quote = line.find('"')) {
    field += line.substr(0, quote);
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"')) return field;
    field += '"';
    line.remove_prefix(1);
  }
  return std::nullopt;
}

std::string take_bare(std::string_view& line) {
  const auto end = std::min(line.find(','), line.size());
  std::string field(line.substr(0, end));
  line.remove_prefix(end);
  return field;
}

}  // namespace

std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields;
  // Each turn takes a comma or the line's end.
  for (;;) {
    auto field = line.starts_with('"') ? take_quoted(line) : take_bare(line);
    if (!field) return std::nullopt;
    fields.push_back(*std::move(field));
    if (line.empty()) return fields;
    if (line.front() != ',') return std::nullopt;
    line.remove_prefix(1);
  }
}

std::string csv_field(std::string_view text) {
  std::string field(text);
  std::ranges::replace_if(
      field, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  if (field.find_first_of(",\"") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace signalbox::simulate
