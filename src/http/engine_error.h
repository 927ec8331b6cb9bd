// What an engine said when it refused a request.
#pragma once

#include <string>
#include <string_view>

#include "api/error.h"

namespace signalbox::http {

// An error for the client's stream, or in place of an engine's 5xx. `body` is the engine's, bounded by the
// caller; its `error.message` is quoted if it has one.
[[nodiscard]] api::ApiError engine_error(unsigned status, std::string_view body, const std::string& model);

}  // namespace signalbox::http
