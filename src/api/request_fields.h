// From the outline of a request to its meaning: decodes the few fields that this server reads and checks
// their types and ranges. Looks at the body only where the outline says. Called by RequestScan.
#pragma once

#include <expected>
#include <string_view>

#include "api/error.h"
#include "api/request.h"
#include "api/request_outline.h"

namespace signalbox::api {

// Takes the history's texts out of the outline.
[[nodiscard]] std::expected<GenerationRequest, ApiError> read_fields(RequestOutline& outline,
                                                                     std::string_view body);

}  // namespace signalbox::api
