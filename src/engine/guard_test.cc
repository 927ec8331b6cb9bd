// The guard without EngineProcess: as a program with descriptors, and with a server that is killed.
#include "engine/guard.h"

#include <array>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_folder.h"
#include "engine/test_loop.h"

namespace signalbox::engine {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;

bool alive(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(stat, line)) return false;
  return line[line.rfind(')') + 2] != 'Z';
}

template <class Done>
bool eventually(Done done) {
  const SystemClock clock;
  const auto deadline = clock.now() + kTestPatience;
  while (!done()) {
    if (clock.now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

pid_t pid_in(const std::string& file) {
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  return pid;
}

// The guard as the child of the calling process; `lifeline` and `reports` are this side's ends.
struct Guard {
  pid_t pid = 0;
  int lifeline = -1;
  int reports = -1;
};

Guard start_guard(const std::string& script) {
  std::array<int, 2> lifeline{};
  std::array<int, 2> reports{};
  if (::pipe2(lifeline.data(), O_CLOEXEC) != 0 || ::pipe2(reports.data(), O_CLOEXEC) != 0) ::abort();
  const auto pid = ::fork();
  if (pid == 0) {
    ::fcntl(lifeline[0], F_SETFD, 0);
    ::fcntl(reports[1], F_SETFD, 0);
    const auto lifeline_text = std::to_string(lifeline[0]);
    const auto reports_text = std::to_string(reports[1]);
    ::execl("/proc/self/exe", "signalbox", "guard", lifeline_text.c_str(), reports_text.c_str(), "--",
            "/bin/sh", "-c", script.c_str(), nullptr);
    ::_exit(99);
  }
  ::close(lifeline[0]);
  ::close(reports[1]);
  return {.pid = pid, .lifeline = lifeline[1], .reports = reports[0]};
}

// All that the guard reports until it ends, then its exit status.
std::string until_end(const Guard& guard) {
  std::string text;
  std::array<char, 512> piece{};
  for (ssize_t got = 0; (got = ::read(guard.reports, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(guard.pid, &status, 0);
  ::close(guard.lifeline);
  ::close(guard.reports);
  return text + fmt::format("status {}", WEXITSTATUS(status));
}

TEST(Guard, ReportsStartAndWaitStatus) {
  EXPECT_THAT(until_end(start_guard("exit 3")), MatchesRegex("S [0-9]+\nX 768\nstatus 0"));
  EXPECT_THAT(until_end(start_guard("kill -9 $$")), MatchesRegex("S [0-9]+\nX 9\nstatus 0"));
}

TEST(Guard, PassesATerminateOnToTheWholeGroup) {
  const TestFolder folder;
  const auto guard = start_guard(
      fmt::format("trap 'exit 9' TERM; sh -c 'trap \"echo got > {0}/child; exit\" TERM; echo $$ > "
                  "{0}/up; while :; do sleep 0.02; done' & while :; do sleep 0.02; done",
                  folder.path()));
  ASSERT_TRUE(eventually([&] { return pid_in(folder.path("up")) > 0; }));
  ASSERT_EQ(::write(guard.lifeline, "T", 1), 1);
  EXPECT_THAT(until_end(guard), MatchesRegex("S [0-9]+\nX 2304\nstatus 0"));
}

TEST(Guard, KillsEverythingWhenItsLifelineCloses) {
  const TestFolder folder;
  auto guard = start_guard(fmt::format(
      "trap '' TERM; setsid sh -c 'echo $$ > {0}/far; exec sleep 600' & exec sleep 600", folder.path()));
  ASSERT_TRUE(eventually([&] { return pid_in(folder.path("far")) > 0; }));
  ::close(guard.lifeline);
  guard.lifeline = -1;
  EXPECT_THAT(until_end(guard), MatchesRegex("S [0-9]+\nX 9\nstatus 0"));
  EXPECT_FALSE(alive(pid_in(folder.path("far"))));
}

TEST(Guard, RefusesToRunWithoutItsDescriptors) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"signalbox", "guard"},
        std::vector<const char*>{"signalbox", "guard", "77", "78", "--", "true"},
        std::vector<const char*>{"signalbox", "guard", "x", "4", "--", "true"},
        std::vector<const char*>{"signalbox", "guard", "0", "1", "--", "true"},
        std::vector<const char*>{"signalbox", "guard", "77", "78", "true", "false"}}) {
    std::vector<char*> argv;
    for (const auto* argument : arguments)
      argv.push_back(const_cast<char*>(argument));  // NOLINT: guard_main's own type
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(guard_main(static_cast<int>(argv.size()), argv.data()), 64);
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), StartsWith("usage: signalbox guard"));
  }
}

// A server that starts an engine and waits; killed, it can tell nobody anything.
pid_t start_server(const std::string& script) {
  const auto server = ::fork();
  if (server != 0) return server;
  start_guard(script);
  for (;;) ::pause();
}

TEST(Guard, LeavesNothingOfAnEngineWhoseServerWasKilled) {
  const TestFolder folder;
  // In a load: it reads no input, ignores SIGTERM, and one of its own is in a session elsewhere.
  const auto server =
      start_server(fmt::format("trap '' TERM HUP; setsid sh -c 'echo $$ > {0}/far; exec sleep 600' & echo $$ "
                               "> {0}/engine; while :; do "
                               "sleep 0.1; done",
                               folder.path()));
  ASSERT_TRUE(
      eventually([&] { return pid_in(folder.path("far")) > 0 && pid_in(folder.path("engine")) > 0; }));
  const auto engine = pid_in(folder.path("engine"));
  const auto far = pid_in(folder.path("far"));
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return !alive(engine) && !alive(far); }));
}

}  // namespace
}  // namespace signalbox::engine
