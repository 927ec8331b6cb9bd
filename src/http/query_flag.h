// A query parameter that is true or false, for the routes that have one.
#pragma once

#include <expected>
#include <string_view>

#include "api/error.h"

namespace signalbox::http {

// False if it is not there; the last one counts. Other parameters are ignored, as everywhere.
[[nodiscard]] std::expected<bool, api::ApiError> query_flag(std::string_view query, std::string_view name);

}  // namespace signalbox::http
