#include "http/service_tier.h"

#include <fmt/format.h>

namespace signalbox::http {
namespace {

// Says whose rule it is, not which key: that is a secret.
api::ApiError priority_refusal(std::string_view whose) {
  return {.message = fmt::format("service_tier is \"priority\"; {} allows auto, default, flex.", whose),
          .param = "service_tier"};
}

}  // namespace

std::expected<api::ServiceTier, api::ApiError> service_tier_of(const api::GenerationRequest& request,
                                                               const KeyRules& key,
                                                               const ServedModel& model) {
  const api::ServiceTier configured = key.service_tier.value_or(model.service_tier);
  const api::ServiceTier tier = request.service_tier.value_or(configured);
  const bool is_allowed = key.allows_priority && model.allows_priority;
  if (tier != api::ServiceTier::priority || is_allowed) return tier;
  if (!request.service_tier) return api::ServiceTier::standard;
  return std::unexpected(priority_refusal(key.allows_priority ? fmt::format("model '{}'", request.model)
                                                              : "the API key of this request"));
}

}  // namespace signalbox::http
