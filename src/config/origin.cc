// The texts of origins and errors.
#include "config/origin.h"

#include <fmt/core.h>

namespace signalbox::config {

std::string to_short_string(const Origin& origin) {
  switch (origin.source) {
    case Source::built_in:
      return "default";
    case Source::file:
      return origin.line == 0 ? origin.name : fmt::format("{}:{}", origin.name, origin.line);
    case Source::environment:
      return "environment " + origin.name;
    case Source::flag:
      return "flag " + origin.name;
    case Source::set:
      return "--set " + origin.name;
  }
  return {};
}

std::string to_string(const Origin& origin) {
  if (origin.source != Source::file || origin.line == 0) return to_short_string(origin);
  return fmt::format("{}:{}:{}", origin.name, origin.line, origin.column);
}

std::string to_string(const ConfigError& error) {
  return to_string(error.where) + ": " + error.message;
}

}  // namespace signalbox::config
