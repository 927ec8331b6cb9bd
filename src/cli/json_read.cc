#include "cli/json_read.h"

#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/core.h>

#include "cli/terminal.h"

namespace signalbox::cli {

namespace json = boost::json;

namespace {

const json::value* field(const json::object& object, std::string_view name) {
  return object.if_contains({name.data(), name.size()});
}

}  // namespace

std::optional<json::object> object_of(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::optional<std::string> text(const json::object& object, std::string_view name) {
  const auto* value = field(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return printable(std::string_view(value->get_string().data(), value->get_string().size()));
}

std::optional<double> number(const json::object& object, std::string_view name) {
  const auto* value = field(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto read = value->to_number<double>();
  return std::isfinite(read) ? std::optional(read) : std::nullopt;
}

const json::object& part(const json::object& object, std::string_view name) {
  static const json::object none;
  const auto* value = field(object, name);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

const json::array& list(const json::object& object, std::string_view name) {
  static const json::array none;
  const auto* value = field(object, name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::string error_message(unsigned http_status, std::string_view body) {
  const auto answer = object_of(body);
  const auto message = answer ? text(part(*answer, "error"), "message") : std::nullopt;
  return message ? *message
                 : fmt::format("the server answered {} and nothing that a Signalbox would say", http_status);
}

}  // namespace signalbox::cli
