#include "http/listener.h"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <variant>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::http {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string shown(std::string_view text) {
  const auto address = parse_listen(text);
  if (!address) return "refused";
  if (const auto* tcp = std::get_if<TcpAddress>(&*address))
    return "tcp " + tcp->host + " " + std::to_string(tcp->port);
  return "unix " + std::get<UnixAddress>(*address).path;
}

TEST(ListenAddress, IsHostAndPortOrAUnixPath) {
  EXPECT_EQ(shown("127.0.0.1:8080"), "tcp 127.0.0.1 8080");
  EXPECT_EQ(shown("localhost:0"), "tcp localhost 0");
  EXPECT_EQ(shown("[::1]:65535"), "tcp ::1 65535");
  EXPECT_EQ(shown("unix:/run/signalbox.sock"), "unix /run/signalbox.sock");
}

TEST(ListenAddress, RefusesWhatIsNeither) {
  for (const auto* text : {"", "8080", "host", "host:", ":8080", "host:65536", "host:-1", "host:80x",
                           "::1:8080", "unix:", "host: 80"}) {
    EXPECT_EQ(shown(text), "refused") << text;
  }
  EXPECT_EQ(shown("unix:/" + std::string(106, 'a')), "unix /" + std::string(106, 'a'));
  EXPECT_EQ(shown("unix:/" + std::string(107, 'a')), "refused");
}

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "signalbox-http-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ListenerTest() override { std::filesystem::remove_all(folder_); }

  Result<Listener> open(const std::string& listen) { return Listener::open(loop_.get_executor(), listen); }
  [[nodiscard]] std::string socket_path() const { return (folder_ / "s.sock").string(); }
  [[nodiscard]] std::string socket_address() const { return "unix:" + socket_path(); }
  [[nodiscard]] bool socket_file_exists() const {
    return std::filesystem::exists(std::filesystem::symlink_status(socket_path()));
  }
  // Leaves the file of a server that was killed.
  void leave_stale_socket() {
    asio::local::stream_protocol::acceptor dead(loop_, asio::local::stream_protocol::endpoint(socket_path()));
  }

  asio::io_context loop_;
  std::filesystem::path folder_;
};

TEST_F(ListenerTest, TellsTheRealPort) {
  const auto listener = open("127.0.0.1:0");
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  EXPECT_THAT(listener->address(), MatchesRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*"));
}

TEST_F(ListenerTest, ListensOnIpv6WhereThereIsAny) {
  const auto listener = open("[::1]:0");
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
  EXPECT_THAT(listener->address(), MatchesRegex("http://\\[::1\\]:[1-9][0-9]*"));
}

TEST_F(ListenerTest, SaysWhichAddressCannotBeHadAndWhy) {
  const auto first = open("127.0.0.1:0");
  ASSERT_TRUE(first.has_value());
  const std::string address = first->address().substr(std::string_view("http://").size());
  const auto second = open(address);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::io);
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen on " + address + ": Address already in use"));
}

TEST_F(ListenerTest, MakesAUnixSocketForItsOwnerOnlyAndRemovesIt) {
  {
    const auto listener = open(socket_address());
    ASSERT_TRUE(listener.has_value()) << listener.error().message;
    EXPECT_EQ(listener->address(), socket_address());
    struct stat status{};
    ASSERT_EQ(::stat(socket_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  EXPECT_FALSE(socket_file_exists());
}

TEST_F(ListenerTest, ReplacesASocketWhereNobodyListens) {
  leave_stale_socket();
  ASSERT_TRUE(socket_file_exists());
  const auto listener = open(socket_address());
  EXPECT_TRUE(listener.has_value()) << listener.error().message;
}

TEST_F(ListenerTest, LeavesASocketAloneWhereSomebodyListens) {
  const auto first = open(socket_address());
  ASSERT_TRUE(first.has_value());
  const auto second = open(socket_address());
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr("another server listens there"));
  EXPECT_TRUE(socket_file_exists());
}

TEST_F(ListenerTest, LeavesAFileAloneThatIsNoSocket) {
  std::ofstream(socket_path()) << "precious";
  const auto listener = open(socket_address());
  ASSERT_FALSE(listener.has_value());
  EXPECT_THAT(listener.error().message, HasSubstr("no socket"));
  EXPECT_TRUE(socket_file_exists());
}

TEST_F(ListenerTest, LeavesTheSocketOfASuccessorAlone) {
  auto first = open(socket_address());
  ASSERT_TRUE(first.has_value());
  std::filesystem::remove(socket_path());
  const auto successor = open(socket_address());
  ASSERT_TRUE(successor.has_value());
  first->close();
  EXPECT_TRUE(socket_file_exists());
}

TEST_F(ListenerTest, NamesAFolderThatIsMissing) {
  const auto listener = open("unix:" + (folder_ / "missing" / "s.sock").string());
  ASSERT_FALSE(listener.has_value());
  EXPECT_THAT(listener.error().message, HasSubstr("No such file or directory"));
}

TEST_F(ListenerTest, ItsSocketsAreNotInherited) {
  auto listener = open("127.0.0.1:0");
  ASSERT_TRUE(listener.has_value());
  EXPECT_NE(::fcntl(listener->acceptor().native_handle(), F_GETFD) & FD_CLOEXEC, 0);
}

// In milliseconds.
struct KeepAlive {
  int idle = 0;
  int interval = 0;
  int unconfirmed = 0;
};

KeepAlive tuned(Duration stall_timeout) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  asio::ip::tcp::socket client(io);
  client.connect(acceptor.local_endpoint());
  asio::generic::stream_protocol::socket accepted(acceptor.accept());
  tune_connection(accepted, stall_timeout);
  const auto option = [&](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(accepted.native_handle(), IPPROTO_TCP, name, &value, &size), 0);
    return value;
  };
  return {.idle = option(TCP_KEEPIDLE) * 1000,
          .interval = option(TCP_KEEPINTVL) * 1000,
          .unconfirmed = option(TCP_USER_TIMEOUT)};
}

// The kernel's limit on unconfirmed bytes ends a quiet connection too, whatever TCP_KEEPCNT says.
TEST(QuietConnection, IsNotGivenUpForOneLostProbe) {
  for (const auto stall : {std::chrono::milliseconds(1), std::chrono::milliseconds(1000),
                           std::chrono::milliseconds(30'000), std::chrono::milliseconds(3'600'000)}) {
    const auto options = tuned(stall);
    EXPECT_GE(options.idle, 1000);
    EXPECT_GE(options.interval, 1000);
    EXPECT_LE(options.idle + 3 * options.interval, options.unconfirmed) << "stall " << stall.count() << " ms";
    EXPECT_LE(options.idle, 30'000);
  }
}

}  // namespace
}  // namespace signalbox::http
