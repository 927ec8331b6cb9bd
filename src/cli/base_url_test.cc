// Which texts name an OpenAI-compatible server, and which path they lead to.
#include "cli/base_url.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

using ::testing::HasSubstr;

TEST(BaseUrl, StandsWithOrWithoutItsPath) {
  for (const auto* text : {"http://127.0.0.1:9", "http://127.0.0.1:9/", "127.0.0.1:9",
                           "http://127.0.0.1:9/v1", "127.0.0.1:9/v1/"}) {
    const auto url = parse_base_url(text);
    ASSERT_TRUE(url.has_value()) << text;
    EXPECT_EQ(url->address.host, "127.0.0.1") << text;
    EXPECT_EQ(url->address.port, 9) << text;
    EXPECT_EQ(url->path, "/v1") << text;
    EXPECT_EQ(url->host, "127.0.0.1:9") << text;
  }
}

TEST(BaseUrl, TakesAnyOtherPathAsItIs) {
  EXPECT_EQ(parse_base_url("http://box/gpu/openai")->path, "/gpu/openai");
  EXPECT_EQ(parse_base_url("http://box/gpu/openai")->host, "box:80");
}

TEST(BaseUrl, IsAUnixSocket) {
  const auto url = parse_base_url("unix:/run/s");
  EXPECT_EQ(url->address.socket_path, "/run/s");
  EXPECT_EQ(url->path, "/v1");
  EXPECT_EQ(url->host, "localhost");
}

TEST(BaseUrl, SaysWhatItIsNot) {
  for (const auto* text : {"", "https://box", "https://box/v1", "http://", "http://box/a b",
                           "http://box/v1?x=1", "http://box:99999/v1", "ftp://box"}) {
    const auto url = parse_base_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_THAT(url.error().message, HasSubstr("is \"" + std::string(text) + "\"; http://HOST:PORT"));
  }
  EXPECT_THAT(parse_base_url("https://box").error().message, HasSubstr("no TLS"));
}

}  // namespace
}  // namespace signalbox::cli
