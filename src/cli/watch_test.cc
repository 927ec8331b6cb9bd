// The live status on a real terminal, against a server over real sockets.
#include "cli/watch.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_code.h"
#include "cli/run.h"
#include "cli/test_server.h"
#include "cli/test_status.h"
#include "cli/test_terminal.h"

namespace signalbox::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kTaken = "\x1b[?1049h\x1b[?7l\x1b[?25l";
constexpr std::string_view kGivenBack = "\x1b[H\x1b[J\x1b[?25h\x1b[?7h\x1b[?1049l";
// The terminal itself makes \r\n of \n, so a line that ends with \r\n is seen with \r\r\n.
constexpr std::string_view kCtrlC = "\x03";
constexpr std::string_view kCtrlZ = "\x1a";
constexpr const char* kReady = R"({"status":"ready","active_model":"a","workers":{"size":4,"busy":0}})";
constexpr WatchTimes kQuick{.interval = std::chrono::milliseconds(10),
                            .call_timeout = std::chrono::seconds(20),
                            .patience = std::chrono::milliseconds(300)};

TestTerminal::Command watch(const std::string& address, const WatchTimes& times) {
  return [=](const Surround& surround) {
    return watch_status(*parse_server_address(address), surround, SystemClock(), times);
  };
}

TestServer ready_server() {
  return TestServer([](const std::string&, std::size_t) { return answer_of(200, kReady); });
}

TEST(Watch, IsWhatStatusDoesOnATerminal) {
  const auto server = ready_server();
  TestTerminal terminal(
      [&](const Surround& surround) { return run({"status", "--server", server.address()}, surround, {}); });
  EXPECT_THAT(terminal.read_until("Ctrl-C ends this."),
              StartsWith(std::string(kTaken) + "\x1b[H\x1b[KSignalbox at " + server.address() +
                         "\r\r\n"
                         "\x1b[Kstatus   ready\r\r\n"
                         "\x1b[Kactive   a\r\r\n"
                         "\x1b[Kswitch   -\r\r\n"
                         "\x1b[Kworkers  ░░░░░░░░░░  0 of 4 busy\r\r\n"));
  terminal.type(kCtrlC);
  const std::string rest = terminal.read_to_end();
  EXPECT_EQ(terminal.exit_code(), kExitOk);
  // The last picture stays, without the hint.
  EXPECT_THAT(rest, HasSubstr(std::string(kGivenBack) + "Signalbox at "));
  EXPECT_THAT(rest, EndsWith("OLDEST WAIT\r\n"));
}

TEST(Watch, RedrawsInPlaceWhatHasChanged) {
  const TestServer server([](const std::string&, std::size_t seen) {
    return answer_of(200, seen < 3 ? std::string(kReady) : std::string(kStatus));
  });
  TestTerminal terminal(watch(server.address(), kQuick));
  EXPECT_THAT(terminal.read_until("active   a"), HasSubstr("status   ready"));
  const std::string seen = terminal.read_until("40 %");
  EXPECT_THAT(seen, HasSubstr("\x1b[H\x1b[KSignalbox at "));
  EXPECT_THAT(seen, EndsWith("switch   to gemma  ████████░░░░░░░░░░░░ 40 %"));
  terminal.type(kCtrlC);
  EXPECT_THAT(terminal.read_to_end(), HasSubstr(kGivenBack));
  EXPECT_EQ(terminal.exit_code(), kExitOk);
}

TEST(Watch, EndsWhileTheServerKeepsItWaiting) {
  const TestServer server(
      [](const std::string&, std::size_t seen) { return seen < 2 ? answer_of(200, kReady) : std::string(); });
  TestTerminal terminal(watch(server.address(), kQuick));
  EXPECT_THAT(terminal.read_until("Ctrl-C ends this."), HasSubstr("status   ready"));
  terminal.type(kCtrlC);
  EXPECT_THAT(terminal.read_to_end(), HasSubstr(kGivenBack));
  EXPECT_EQ(terminal.exit_code(), kExitOk);
}

TEST(Watch, SaysInPlaceThatTheServerIsGoneAndGivesUpInTheEnd) {
  std::optional<TestServer> server;
  server.emplace([](const std::string&, std::size_t) { return answer_of(200, kReady); });
  TestTerminal terminal(watch(server->address(), kQuick));
  EXPECT_THAT(terminal.read_until("Ctrl-C ends this."), HasSubstr("status   ready"));
  server.reset();
  EXPECT_THAT(terminal.read_until("Trying for 0 s more, below is what was: no server at http://127.0.0.1:"),
              EndsWith("no server at http://127.0.0.1:"));
  const std::string rest = terminal.read_to_end();
  EXPECT_THAT(rest, HasSubstr(std::string(kGivenBack) + "Before it went away:\r\nstatus   ready\r\n"));
  EXPECT_THAT(rest, EndsWith("Connection refused; start one with `signalbox serve`, or name another with "
                             "--server\r\n"));
  EXPECT_EQ(terminal.exit_code(), kExitNoServer);
}

TEST(Watch, GoesOnWhenTheServerIsBack) {
  const TestServer server([](const std::string&, std::size_t seen) {
    return seen == 2 ? answer_of(503, R"({"error":{"message":"shutting down"}})") : answer_of(200, kReady);
  });
  WatchTimes patient = kQuick;
  patient.patience = std::chrono::seconds(20);
  TestTerminal terminal(watch(server.address(), patient));
  EXPECT_THAT(terminal.read_until("shutting down"), HasSubstr("s more, below is what was: "));
  EXPECT_THAT(terminal.read_until("Signalbox at"), EndsWith("Signalbox at"));
  terminal.type(kCtrlC);
  static_cast<void>(terminal.read_to_end());
  EXPECT_EQ(terminal.exit_code(), kExitOk);
}

TEST(Watch, TakesNoScreenIfThereIsNoServer) {
  TestTerminal terminal(watch("unix:/nowhere/s.sock", kQuick));
  EXPECT_THAT(terminal.read_to_end(), StartsWith("no server at unix:/nowhere/s.sock: "));
  EXPECT_EQ(terminal.exit_code(), kExitNoServer);
}

TEST(Watch, FollowsTheTerminalsSize) {
  const auto server = ready_server();
  WatchTimes slow = kQuick;
  slow.interval = std::chrono::seconds(100);
  TestTerminal terminal(watch(server.address(), slow));
  EXPECT_THAT(terminal.read_until("Ctrl-C ends this."), HasSubstr("status   ready"));
  terminal.resize({.rows = 2, .columns = 11});
  EXPECT_THAT(terminal.read_until("status   r…"),
              HasSubstr("\x1b[H\x1b[KSignalbox …\r\r\n\x1b[Jstatus   r…"));
  terminal.type(kCtrlC);
  static_cast<void>(terminal.read_to_end());
  EXPECT_EQ(terminal.exit_code(), kExitOk);
}

TEST(Watch, GivesTheTerminalBackWhileItIsStopped) {
  const auto server = ready_server();
  TestTerminal terminal(watch(server.address(), kQuick));
  EXPECT_THAT(terminal.read_until("Ctrl-C ends this."), HasSubstr("status   ready"));
  terminal.type(kCtrlZ);
  EXPECT_THAT(terminal.read_until(kGivenBack), EndsWith(kGivenBack));
  EXPECT_TRUE(terminal.is_stopped());
  terminal.let_go_on();
  EXPECT_THAT(terminal.read_until("Ctrl-C ends this."), StartsWith(kTaken));
  terminal.type(kCtrlC);
  EXPECT_THAT(terminal.read_to_end(), HasSubstr(kGivenBack));
  EXPECT_EQ(terminal.exit_code(), kExitOk);
}

}  // namespace
}  // namespace signalbox::cli
