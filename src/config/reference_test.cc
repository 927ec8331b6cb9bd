// The reference that is checked in is the one that the table makes.
#include "config/reference.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.h"

namespace signalbox::config {
namespace {

TEST(Reference, IsWhatIsCheckedIn) {
  std::ifstream stream(SIGNALBOX_SOURCE_DIR "/docs/configuration.md");
  std::ostringstream file;
  file << stream.rdbuf();
  EXPECT_EQ(file.str(), reference()) << "make it anew: signalbox config --reference > docs/configuration.md";
}

TEST(Reference, HasEveryKeyFlagAndVariable) {
  const std::string text = reference();
  for (const Key& key : keys()) {
    EXPECT_THAT(text, ::testing::HasSubstr("| `" + std::string(key.name) + "` |"));
    if (!key.flag.empty()) EXPECT_THAT(text, ::testing::HasSubstr("`" + std::string(key.flag) + "`"));
    if (key.scope != Scope::one_model)
      EXPECT_THAT(text, ::testing::HasSubstr("`" + environment_name(key.section, key) + "`"));
  }
}

TEST(Reference, SaysWhichKeysAModelMayOverride) {
  EXPECT_THAT(
      reference(),
      ::testing::HasSubstr(
          "| `wait_timeout` | `30s` | a duration such as 15s, 1.5s, 200ms or 5m, from 0 to 24h | model | "
          "`SIGNALBOX_SCHEDULER_WAIT_TIMEOUT` `--wait-timeout` | "));
  EXPECT_THAT(
      reference(),
      ::testing::HasSubstr(
          "| `starvation_limit` | `15s` | a duration such as 15s, 1.5s, 200ms or 5m, from 0 to 24h |  | "));
}

}  // namespace
}  // namespace signalbox::config
