#include "engine/engine_sizes.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

using ::testing::Optional;

EngineInfo before() {
  return {.slots = 3, .context_tokens = 7, .parameters = std::nullopt, .model_bytes = std::nullopt};
}

TEST(EngineSizes, ComeFromPropsAndTheModelList) {
  auto info = before();
  add_props(
      info,
      R"({"default_generation_settings":{"params":{},"n_ctx":4096},"total_slots":2,"bos_token":"<s>"})");
  add_model_sizes(info, R"({"models":[],"data":[{"id":"m","meta":{"n_params":134515008,"size":96576768}}]})");
  EXPECT_EQ(info.slots, 2U);
  EXPECT_THAT(info.context_tokens, Optional(4096U));
  EXPECT_THAT(info.parameters, Optional(134515008U));
  EXPECT_THAT(info.model_bytes, Optional(96576768U));
}

TEST(EngineSizes, StayAsTheyWereWhereTheEngineSaysNothingUsable) {
  for (const std::string body :
       {"", "null", "[]", "{}", R"({"total_slots":0})",
        R"({"total_slots":-1,"default_generation_settings":[]})", R"({"total_slots":99999999999})",
        R"({"total_slots":"4","default_generation_settings":{"n_ctx":null}})", R"({"data":{}})",
        R"({"data":[]})", R"({"data":[1]})", R"({"data":[{"meta":null}]})",
        R"({"data":[{"meta":{"n_params":1.5e400}}]})"}) {
    auto info = before();
    add_props(info, body);
    add_model_sizes(info, body);
    EXPECT_EQ(info.slots, 3U) << body;
    EXPECT_THAT(info.context_tokens, Optional(7U)) << body;
    EXPECT_FALSE(info.parameters) << body;
    EXPECT_FALSE(info.model_bytes) << body;
  }
}

}  // namespace
}  // namespace signalbox::engine
