// Which texts name a server.
#include "cli/server_address.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

TEST(ServerAddress, IsAUrlOrAHostAndPort) {
  for (const auto* text : {"http://127.0.0.1:8080", "http://127.0.0.1:8080/", "127.0.0.1:8080"}) {
    EXPECT_EQ(parse_server_address(text),
              (ServerAddress{.host = "127.0.0.1", .port = 8080, .socket_path = {}}))
        << text;
  }
  EXPECT_EQ(parse_server_address("http://[::1]:9"),
            (ServerAddress{.host = "::1", .port = 9, .socket_path = {}}));
  EXPECT_EQ(parse_server_address("http://box"),
            (ServerAddress{.host = "box", .port = 80, .socket_path = {}}));
}

TEST(ServerAddress, IsAUnixSocket) {
  EXPECT_EQ(parse_server_address("unix:/run/x.sock"),
            (ServerAddress{.host = {}, .socket_path = "/run/x.sock"}));
  EXPECT_FALSE(parse_server_address("unix:").has_value());
  EXPECT_FALSE(parse_server_address("unix:/" + std::string(107, 'x')).has_value());
}

TEST(ServerAddress, IsNothingElse) {
  for (const auto* text : {"", "https://127.0.0.1", "http://", "http://h/v1", "http://h?x", "http://u:p@h",
                           "http://h:99999", "http://h:0", "http://h:x", "a b"}) {
    EXPECT_FALSE(parse_server_address(text).has_value()) << text;
  }
}

TEST(ServerAddress, FollowsFromWhereTheServerListens) {
  EXPECT_EQ(address_of_listen("127.0.0.1:8080")->host, "127.0.0.1");
  EXPECT_EQ(address_of_listen("0.0.0.0:80")->host, "127.0.0.1");
  EXPECT_EQ(address_of_listen("[::]:80")->host, "::1");
  EXPECT_EQ(address_of_listen("unix:/x")->socket_path, "/x");
  EXPECT_FALSE(address_of_listen("127.0.0.1:0").has_value());
}

TEST(ServerAddress, IsWrittenAsAUrl) {
  EXPECT_EQ(to_string(*parse_server_address("127.0.0.1:8080")), "http://127.0.0.1:8080");
  EXPECT_EQ(to_string(*parse_server_address("http://[::1]:9")), "http://[::1]:9");
  EXPECT_EQ(to_string(*parse_server_address("unix:/x")), "unix:/x");
}

}  // namespace
}  // namespace signalbox::cli
