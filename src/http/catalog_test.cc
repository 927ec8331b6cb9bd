// Models by every name a client may use.
#include "http/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

using testing::ElementsAre;

Catalog two_models() {
  ServedModel first;
  first.name = "smollm2-135m";
  first.aliases = {"chat", "gpt-4o-mini"};
  ServedModel second;
  second.name = "org/coder";
  return Catalog({first, second});
}

TEST(Catalog, FindsModelsByNameAndAlias) {
  const Catalog catalog = two_models();
  EXPECT_EQ(catalog.find("smollm2-135m"), ModelIndex(0));
  EXPECT_EQ(catalog.find("gpt-4o-mini"), ModelIndex(0));
  EXPECT_EQ(catalog.find("org/coder"), ModelIndex(1));
}

TEST(Catalog, DoesNotGuess) {
  const Catalog catalog = two_models();
  EXPECT_EQ(catalog.find("smollm2"), std::nullopt);
  EXPECT_EQ(catalog.find("Chat"), std::nullopt);
  EXPECT_EQ(catalog.find(""), std::nullopt);
}

TEST(Catalog, KnowsEveryNameThatItsOwnWordsMayHold) {
  EXPECT_THAT(two_models().all_names(), ElementsAre("smollm2-135m", "chat", "gpt-4o-mini", "org/coder"));
}

}  // namespace
}  // namespace signalbox::http
