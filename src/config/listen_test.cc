// Which addresses there are, and who can reach them.
#include "config/listen.h"

#include <string>

#include <gtest/gtest.h>

namespace signalbox::config {
namespace {

using Reach = ListenAddress::Reach;

struct Case {
  std::string text;
  Reach reach;
  std::string host;
  std::uint16_t port;
  friend void PrintTo(const Case& item, std::ostream* out) { *out << item.text; }
};

class Listen : public ::testing::TestWithParam<Case> {};

TEST_P(Listen, IsTakenApart) {
  const auto address = parse_listen(GetParam().text);
  ASSERT_TRUE(address.has_value()) << address.error().message;
  EXPECT_EQ(address->reach, GetParam().reach);
  EXPECT_EQ(address->host, GetParam().host);
  EXPECT_EQ(address->port, GetParam().port);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Listen,
    ::testing::Values(Case{"127.0.0.1:8080", Reach::loopback, "127.0.0.1", 8080},
                      Case{"127.255.255.254:1", Reach::loopback, "127.255.255.254", 1},
                      Case{"localhost:0", Reach::loopback, "localhost", 0},
                      Case{"[::1]:65535", Reach::loopback, "::1", 65535},
                      Case{"[0:0:0:0:0:0:0:1]:80", Reach::loopback, "0:0:0:0:0:0:0:1", 80},
                      Case{"[::ffff:127.0.0.1]:80", Reach::loopback, "::ffff:127.0.0.1", 80},
                      Case{"0.0.0.0:80", Reach::others, "0.0.0.0", 80},
                      Case{"128.0.0.1:80", Reach::others, "128.0.0.1", 80},
                      Case{"[::]:80", Reach::others, "::", 80}, Case{"[::2]:80", Reach::others, "::2", 80},
                      Case{"[::1:1]:80", Reach::others, "::1:1", 80},
                      Case{"[1::1]:80", Reach::others, "1::1", 80},
                      Case{"[::ffff:0.0.0.0]:80", Reach::others, "::ffff:0.0.0.0", 80},
                      Case{"[::ffff:128.0.0.1]:80", Reach::others, "::ffff:128.0.0.1", 80},
                      Case{"unix:/run/x.sock", Reach::unix_socket, "/run/x.sock", 0},
                      Case{"unix:/a:80", Reach::unix_socket, "/a:80", 0}));

TEST(ListenAddress, RefusesEverythingElse) {
  for (const auto* text : {"",
                           ":",
                           ":80",
                           "80",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:-1",
                           "127.0.0.1:65536",
                           "127.0.0.1:80 ",
                           " 127.0.0.1:80",
                           "127.0.0.1:8o",
                           "127.1:80",
                           "0x7f.0.0.1:80",
                           "127.0.0.01:80",
                           "1.2.3.4.5:80",
                           "::1:80",
                           "[::1]",
                           "[::1]80",
                           "[]:80",
                           "[127.0.0.1]:80",
                           "[::1%lo]:80",
                           "LOCALHOST:80",
                           "host:80",
                           "unix:",
                           "unix:relative",
                           "UNIX:/x",
                           "http://127.0.0.1:80"}) {
    EXPECT_FALSE(parse_listen(text).has_value()) << text;
  }
}

TEST(ListenAddress, HasASocketPathOf107BytesAtMost) {
  EXPECT_TRUE(parse_listen("unix:/" + std::string(kUnixPathBytesMax - 1, 'x')).has_value());
  EXPECT_EQ(parse_listen("unix:/" + std::string(kUnixPathBytesMax, 'x')).error().message,
            "has a socket path of 108 bytes; at most 107 are allowed");
}

}  // namespace
}  // namespace signalbox::config
