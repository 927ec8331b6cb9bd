#include "http/target.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

std::string path_of(std::string_view raw) {
  const auto target = parse_target(raw);
  return target ? target->path : "refused: " + std::string(target.error());
}

TEST(Target, SplitsPathAndQueryAtTheFirstQuestionMark) {
  const auto target = parse_target("/v1/models/select?wait=true&x=%41?");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/v1/models/select");
  EXPECT_EQ(target->query, "wait=true&x=%41?");
}

TEST(Target, DecodesPercentSignsInThePathOnly) {
  EXPECT_EQ(path_of("/v1/models/org%2Fname"), "/v1/models/org/name");
  EXPECT_EQ(path_of("/v1/models/org%2fname"), "/v1/models/org/name");
  EXPECT_EQ(path_of("/a%20b"), "/a b");
  EXPECT_EQ(path_of("/a+b"), "/a+b");
  EXPECT_EQ(path_of("/100%25"), "/100%");
  EXPECT_EQ(path_of("/%e4%bd%a0"), "/\xe4\xbd\xa0");
}

TEST(Target, DecodesOnlyOnce) {
  EXPECT_EQ(path_of("/%252F"), "/%2F");
}

TEST(Target, RefusesPercentSignsThatAreNotFollowedByTwoHexDigits) {
  for (const auto* raw : {"/%", "/%4", "/%zz", "/%4z", "/a%", "/%%41"})
    EXPECT_FALSE(parse_target(raw)) << raw;
}

TEST(Target, RefusesControlCharactersAndNul) {
  for (const auto* raw : {"/%00", "/a%0d%0a", "/%1f", "/%7f", "/%09"}) EXPECT_FALSE(parse_target(raw)) << raw;
}

TEST(Target, RefusesWhatIsNotUtf8) {
  for (const auto* raw : {"/%ff", "/%c3", "/%c0%af", "/%ed%a0%80", "/%f4%90%80%80", "/%e0%80%80", "/\xff",
                          "/?\xff", "/%80", "/%f0%80%80%80", "/%e4%bd"}) {
    EXPECT_FALSE(parse_target(raw)) << raw;
  }
  EXPECT_EQ(path_of("/%f0%9f%98%80"), "/\xf0\x9f\x98\x80");
  EXPECT_EQ(path_of("/%c3%a9"), "/\xc3\xa9");
}

TEST(Target, TakesTheAbsoluteFormThatProxiesSend) {
  EXPECT_EQ(path_of("http://host:8080/v1/models"), "/v1/models");
  EXPECT_EQ(path_of("HTTPS://host/health"), "/health");
  EXPECT_EQ(path_of("http://host"), "/");
  const auto target = parse_target("http://host?a=b");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/");
  EXPECT_EQ(target->query, "a=b");
}

TEST(Target, TakesTheStarOfOptions) {
  EXPECT_EQ(path_of("*"), "*");
}

TEST(Target, RefusesOtherForms) {
  for (const auto* raw : {"", "host:443", "v1/models", "?a=b", "ftp://host/x", "/a#b", "/a?b#c"}) {
    EXPECT_FALSE(parse_target(raw)) << raw;
  }
}

TEST(Target, KeepsDotSegmentsAsTheyAre) {
  EXPECT_EQ(path_of("/v1/../etc"), "/v1/../etc");
}

}  // namespace
}  // namespace signalbox::http
