#include "http/query_flag.h"

#include <ranges>
#include <string>

#include <fmt/format.h>

namespace signalbox::http {

std::expected<bool, api::ApiError> query_flag(std::string_view query, std::string_view name) {
  bool flag = false;
  for (const auto part : std::views::split(query, '&')) {
    const std::string_view parameter(part.begin(), part.end());
    if (parameter.substr(0, parameter.find('=')) != name) continue;
    const auto value = parameter.substr(name.size());
    if (value != "=true" && value != "=false") {
      api::ApiError error;
      error.kind = api::ErrorKind::invalid_request;
      error.message = fmt::format("The query parameter '{}' is neither 'true' nor 'false'.", name);
      error.param = std::string(name);
      return std::unexpected(std::move(error));
    }
    flag = value == "=true";
  }
  return flag;
}

}  // namespace signalbox::http
