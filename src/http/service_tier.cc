#include "http/service_tier.h"

#include <fmt/format.h>

namespace signalbox::http {

std::expected<api::ServiceTier, api::ApiError> service_tier_of(const api::GenerationRequest& request,
                                                               const ServedModel& model) {
  const api::ServiceTier tier = request.service_tier.value_or(model.service_tier);
  if (tier != api::ServiceTier::priority || model.allows_priority) return tier;
  return std::unexpected(api::ApiError{
      .message =
          fmt::format("service_tier is \"priority\"; model '{}' allows auto, default, flex.", request.model),
      .param = "service_tier"});
}

}  // namespace signalbox::http
