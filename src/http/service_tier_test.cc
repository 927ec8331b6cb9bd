// Whose word about the tier counts.
#include "http/service_tier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using api::ServiceTier;

api::GenerationRequest asking_for(std::optional<ServiceTier> tier) {
  api::GenerationRequest request;
  request.model = "chat";
  request.service_tier = tier;
  return request;
}

TEST(TierOfARequest, IsItsOwnTierOrElseItsModels) {
  const ServedModel flex{.name = "a", .service_tier = ServiceTier::flex};
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), flex), ServiceTier::flex);
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::standard), flex), ServiceTier::standard);
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::priority), flex), ServiceTier::priority);
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), ServedModel{.name = "a"}), ServiceTier::standard);
}

TEST(TierOfARequest, IsNotPriorityWhereItsModelForbidsIt) {
  const ServedModel model{.name = "a", .allows_priority = false};
  const auto refused = service_tier_of(asking_for(ServiceTier::priority), model);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "service_tier is \"priority\"; model 'chat' allows auto, default, flex.");
  EXPECT_EQ(refused.error().param, "service_tier");
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::flex), model), ServiceTier::flex);
}

}  // namespace
}  // namespace signalbox::http
