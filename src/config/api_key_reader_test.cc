// Keys with rules for their requests.
#include "config/api_key_reader.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"

namespace signalbox::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string with_keys(std::string_view keys) {
  return "server:\n  api_keys:\n" + std::string(keys) + std::string(kOneModel);
}

TEST(ApiKeys, MayHaveRules) {
  const auto loaded = Loading()
                          .variable("K", "sk-3")
                          .config(with_keys("  - sk-1\n"
                                            "  - {key: sk-2, priority: forbid}\n"
                                            "  - key_env: K\n    service_tier: flex\n    priority: allow\n"
                                            "  - {service_tier: priority, key: \"${env:K}4\"}\n"
                                            "  - {key: sk-5, priority: forbid, service_tier: default}\n"));
  EXPECT_THAT(
      loaded.config.server.api_keys,
      ElementsAre(
          ApiKey{.key = "sk-1"}, ApiKey{.key = "sk-2", .priority = Priority::forbid},
          ApiKey{.key = "sk-3", .service_tier = ServiceTier::flex},
          ApiKey{.key = "sk-34", .service_tier = ServiceTier::priority},
          ApiKey{.key = "sk-5", .priority = Priority::forbid, .service_tier = ServiceTier::standard}));
  EXPECT_EQ(value_of(loaded, "server.api_keys").text,
            "[***, *** (priority: forbid), *** (service_tier: flex), *** (service_tier: priority), "
            "*** (priority: forbid, service_tier: default)]");
}

TEST(ApiKeys, MayHaveRulesInTheServersVariable) {
  const auto loaded = Loading()
                          .variable("SIGNALBOX_SERVER_API_KEYS", "[{key: sk-1, service_tier: flex}, sk-2]")
                          .config(kOneModel);
  EXPECT_THAT(loaded.config.server.api_keys,
              ElementsAre(ApiKey{.key = "sk-1", .service_tier = ServiceTier::flex}, ApiKey{.key = "sk-2"}));
}

TEST(ApiKeys, ComeFromOnePlace) {
  EXPECT_THAT(errors_of(with_keys("  - {key: sk-1,\n     key_env: K}\n")),
              ElementsAre("models.yaml:4:6: server.api_keys has an entry with key and key_env; one of key, "
                          "key_env and key_file is allowed"));
  EXPECT_THAT(errors_of(with_keys("  - {priority: forbid}\n")),
              ElementsAre("models.yaml:3:5: server.api_keys has an entry without a key; one of key: TEXT, "
                          "key_env: NAME and key_file: PATH is needed"));
  EXPECT_THAT(errors_of(with_keys("  - {}\n")),
              ElementsAre(StartsWith("models.yaml:3:5: server.api_keys has an entry without a key")));
}

TEST(ApiKeys, AreRefusedWithAnUnknownNameWhichMayBeAKeyAndIsNotShown) {
  const auto errors =
      errors_of(with_keys("  - {key: sk-1, priorty: forbid}\n  - sk-2: {priority: forbid}\n"));
  EXPECT_THAT(
      errors,
      ElementsAre("models.yaml:3:17: server.api_keys has an entry with an unknown name; allowed: key, "
                  "key_env, key_file, priority, service_tier; did you mean priority?",
                  "models.yaml:4:5: server.api_keys has an entry with an unknown name; allowed: key, "
                  "key_env, key_file, priority, service_tier"));
}

TEST(ApiKeys, AreRefusedWithARuleThatIsNone) {
  EXPECT_THAT(
      errors_of(with_keys("  - {key: sk-1, priority: forbit}\n"
                          "  - {key: sk-2, service_tier: gold, priority: [allow]}\n"
                          "  - {key: sk-3, service_tier: auto}\n"
                          "  - {key: sk-4, priority: }\n")),
      ElementsAre("models.yaml:3:27: server.api_keys.priority is \"forbit\"; allow or forbid is allowed; "
                  "did you mean forbid?",
                  "models.yaml:4:31: server.api_keys.service_tier is \"gold\"; default, priority or flex "
                  "is allowed",
                  "models.yaml:4:47: server.api_keys.priority is a list; allow or forbid is allowed",
                  StartsWith("models.yaml:5:31: server.api_keys.service_tier is \"auto\""),
                  StartsWith("models.yaml:6:17: server.api_keys.priority is empty")));
  EXPECT_THAT(errors_of(with_keys("  - {key: [sk-1], priority: forbid}\n")),
              ElementsAre(StartsWith("models.yaml:3:11: server.api_keys holds something else than a key;")));
}

TEST(ApiKeys, CannotGiveTheTierThatTheyForbid) {
  EXPECT_THAT(
      errors_of(with_keys("  - {key: sk-1, service_tier: priority, priority: forbid}\n")),
      ElementsAre("models.yaml:3:31: server.api_keys has an entry whose service_tier is priority, and "
                  "its priority is forbid; default or flex is allowed"));
}

TEST(ApiKeys, HaveOneSetOfRulesEach) {
  EXPECT_THAT(errors_of(with_keys(
                  "  - sk-1\n  - {key: sk-2, priority: forbid}\n  - {key: sk-1, service_tier: flex}\n")),
              ElementsAre("models.yaml:5:5: server.api_keys holds a key that it has already with other rules "
                          "(models.yaml:3:5); once is allowed"));
  EXPECT_THAT(errors_of(with_keys("  - sk-1\n  - {key: sk-1, priority: allow}\n")), IsEmpty());
}

TEST(ApiKeys, WithRulesAreNotShownByErrors) {
  for (const auto* entry : {"{sk-1: sk-2}", "{key: sk-1, key_file: sk-2}", "{key: sk-1, priority: maybe}",
                            "{key: {sk-1: sk-2}}", "{key: sk-1, sk-2: allow}", "{key: \"sk- 1\"}",
                            "{key: sk-1, priority: forbid, service_tier: priority}", "[{key: sk-1}]"}) {
    const auto errors = errors_of(with_keys("  - " + std::string(entry) + "\n"));
    EXPECT_THAT(errors, ElementsAre(StartsWith("models.yaml:3:"))) << entry;
    for (const auto& error : errors) EXPECT_THAT(error, Not(HasSubstr("sk-"))) << entry;
  }
}

}  // namespace
}  // namespace signalbox::config
