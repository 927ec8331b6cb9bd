// The tier in which a request is served: what it says of `service_tier`, or else what those who run the
// server say. Pure; the generation route asks once it knows the model.
#pragma once

#include <expected>

#include "api/error.h"
#include "api/request.h"
#include "http/catalog.h"
#include "http/key_rules.h"

namespace signalbox::http {

// The request's own tier, or else its key's, or else its model's. The error is a 400: the request names a
// tier that it may not have. What it does not name it is not refused: priority that its key or its model
// forbids is standard then.
[[nodiscard]] std::expected<api::ServiceTier, api::ApiError> service_tier_of(
    const api::GenerationRequest& request, const KeyRules& key, const ServedModel& model);

}  // namespace signalbox::http
