// Variables and home folders in values.
#include "config/expand.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::config {
namespace {

const Environment& some() {
  static const Environment environment = {
      {"A", "one"}, {"EMPTY", ""}, {"LOOP", "${env:LOOP}"}, {"HOME", "/home/me"}};
  return environment;
}

std::string expanded(std::string_view text) {
  const auto result = expand_environment(text, some());
  return result ? *result : "error: " + result.error().message;
}

std::string path(std::string_view text, const Environment& environment = some()) {
  const auto result = expand_path(text, "/etc/sb", environment);
  return result ? *result : "error: " + result.error().message;
}

TEST(ExpandEnvironment, ReplacesVariablesAnywhere) {
  EXPECT_EQ(expanded("${env:A}"), "one");
  EXPECT_EQ(expanded("x${env:A}y${env:A}${env:EMPTY}z"), "xoneyonez");
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("no $A, $ and {}"), "no $A, $ and {}");
}

TEST(ExpandEnvironment, DoesNotExpandWhatItPutIn) {
  EXPECT_EQ(expanded("${env:LOOP}"), "${env:LOOP}");
}

TEST(ExpandEnvironment, KeepsWhatIsEscaped) {
  EXPECT_EQ(expanded("$${env:A}"), "${env:A}");
  EXPECT_EQ(expanded("$${port} ${env:A}"), "${port} one");
  EXPECT_EQ(expanded("a $$ b"), "a $$ b");
}

TEST(ExpandEnvironment, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(expanded("${env:NOPE}"),
            "error: needs the variable NOPE, which is not set; set it or write the value");
  EXPECT_EQ(expanded("${env:}"), "error: needs the variable , which is not set; set it or write the value");
  EXPECT_EQ(expanded("x ${HOME}"), "error: holds ${HOME}; ${env:NAME} is allowed, and $${ for a plain ${");
  EXPECT_EQ(expanded("${env:A"), "error: holds ${; ${env:NAME} is allowed, and $${ for a plain ${");
  EXPECT_EQ(expanded("${"), "error: holds ${; ${env:NAME} is allowed, and $${ for a plain ${");
}

TEST(ExpandPath, StartsFromTheFolder) {
  EXPECT_EQ(path("x.gguf"), "/etc/sb/x.gguf");
  EXPECT_EQ(path("./a/../x.gguf"), "/etc/sb/x.gguf");
  EXPECT_EQ(path("../x.gguf"), "/etc/x.gguf");
  EXPECT_EQ(path("/abs/x.gguf"), "/abs/x.gguf");
  EXPECT_EQ(path("a~b"), "/etc/sb/a~b");
}

TEST(ExpandPath, KnowsTheHomeFolder) {
  EXPECT_EQ(path("~/x.gguf"), "/home/me/x.gguf");
  EXPECT_EQ(path("~"), "/home/me");
  EXPECT_EQ(path("~you/x"), "error: is ~you/x; ~/ is allowed for one's own home folder only");
  EXPECT_EQ(path("~/x", {}), "error: is ~/x, and HOME is not set; set it or write the path in full");
  EXPECT_EQ(path("~/x", {{"HOME", ""}}),
            "error: is ~/x, and HOME is not set; set it or write the path in full");
}

}  // namespace
}  // namespace signalbox::config
