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
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), KeyRules{}, flex), ServiceTier::flex);
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::standard), KeyRules{}, flex), ServiceTier::standard);
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::priority), KeyRules{}, flex), ServiceTier::priority);
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), KeyRules{}, ServedModel{.name = "a"}),
            ServiceTier::standard);
}

TEST(TierOfARequest, IsNotPriorityWhereItsModelForbidsIt) {
  const ServedModel model{.name = "a", .allows_priority = false};
  const auto refused = service_tier_of(asking_for(ServiceTier::priority), KeyRules{}, model);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "service_tier is \"priority\"; model 'chat' allows auto, default, flex.");
  EXPECT_EQ(refused.error().param, "service_tier");
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::flex), KeyRules{}, model), ServiceTier::flex);
}

TEST(TierOfARequest, IsItsKeysTierBeforeItsModels) {
  const ServedModel flex{.name = "a", .service_tier = ServiceTier::flex};
  const KeyRules standard{.service_tier = ServiceTier::standard};
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), standard, flex), ServiceTier::standard);
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::flex), standard, ServedModel{}), ServiceTier::flex);
  const KeyRules priority{.service_tier = ServiceTier::priority};
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), priority, flex), ServiceTier::priority);
  EXPECT_EQ(service_tier_of(asking_for(ServiceTier::standard), priority, flex), ServiceTier::standard);
}

TEST(TierOfARequest, IsNotPriorityWhereItsKeyForbidsIt) {
  const KeyRules guest{.allows_priority = false};
  const auto refused = service_tier_of(asking_for(ServiceTier::priority), guest, ServedModel{.name = "a"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "service_tier is \"priority\"; the API key of this request allows auto, default, flex.");
  EXPECT_EQ(refused.error().param, "service_tier");
}

TEST(TierOfARequest, IsStandardWhereAForbiddenPriorityIsNotItsOwn) {
  const ServedModel forbids{.name = "a", .allows_priority = false};
  const KeyRules priority{.service_tier = ServiceTier::priority};
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), priority, forbids), ServiceTier::standard);
  const ServedModel gives{.name = "a", .service_tier = ServiceTier::priority};
  EXPECT_EQ(service_tier_of(asking_for(std::nullopt), {.allows_priority = false}, gives),
            ServiceTier::standard);
}

}  // namespace
}  // namespace signalbox::http
