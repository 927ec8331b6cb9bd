#include "cli/test_terminal.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/assert.h"
#include "base/time.h"

namespace signalbox::cli {
namespace {

// Generous: the machine may be busy.
constexpr Duration kPatience = std::chrono::seconds(30);

winsize winsize_of(const WindowSize& size) {
  return {.ws_row = static_cast<unsigned short>(size.rows),
          .ws_col = static_cast<unsigned short>(size.columns),
          .ws_xpixel = 0,
          .ws_ypixel = 0};
}

int run_in_terminal(const TestTerminal::Command& command) {
  const Surround surround{.out = std::cout,
                          .err = std::cerr,
                          .out_medium = Medium::terminal,
                          .err_medium = Medium::terminal,
                          .environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"LANG", "C.UTF-8"}},
                          .working_directory = "/",
                          .window_size = window_size};
  const int code = command(surround);
  std::cout << std::flush;
  return code;
}

}  // namespace

TestTerminal::TestTerminal(const Command& command, const WindowSize& size) {
  winsize window = winsize_of(size);
  // Or the process writes once more what waits here.
  std::cout << std::flush;
  std::fflush(stdout);
  process_ = forkpty(&master_, nullptr, nullptr, &window);
  SB_ASSERT(process_ >= 0);
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(run_in_terminal(command));
  }
  SB_ASSERT(fcntl(master_, F_SETFD, FD_CLOEXEC) == 0);
}

TestTerminal::~TestTerminal() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  close(master_);
}

bool TestTerminal::read_more() {
  pollfd polled{.fd = master_, .events = POLLIN, .revents = 0};
  if (poll(&polled, 1, static_cast<int>(to_ms(kPatience))) <= 0) return false;
  std::array<char, 4096> piece{};
  const auto count = read(master_, piece.data(), piece.size());
  if (count > 0) unread_.append(piece.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::string TestTerminal::read_until(std::string_view text) {
  const SystemClock clock;
  const TimePoint deadline = clock.now() + kPatience;
  while (!unread_.contains(text) && clock.now() < deadline && read_more()) {
  }
  const auto found = unread_.find(text);
  const auto end = found == std::string::npos ? unread_.size() : found + text.size();
  std::string seen = unread_.substr(0, end);
  unread_.erase(0, end);
  return seen;
}

std::string TestTerminal::read_to_end() {
  const SystemClock clock;
  const TimePoint deadline = clock.now() + kPatience;
  while (clock.now() < deadline && read_more()) {
  }
  // The terminal's other end is closed by the process's end only; it is killed if the deadline ended the
  // reading.
  if (clock.now() >= deadline) kill(process_, SIGKILL);
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return std::exchange(unread_, {});
}

void TestTerminal::type(std::string_view keys) const {
  SB_ASSERT(write(master_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

void TestTerminal::resize(const WindowSize& size) const {
  winsize window = winsize_of(size);
  SB_ASSERT(ioctl(master_, TIOCSWINSZ, &window) == 0);
}

bool TestTerminal::is_stopped() const {
  const SystemClock clock;
  for (const TimePoint deadline = clock.now() + kPatience; clock.now() < deadline;) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG | WUNTRACED) == process_) return WIFSTOPPED(status);
    constexpr int kLookEveryMs = 5;
    poll(nullptr, 0, kLookEveryMs);
  }
  return false;
}

void TestTerminal::let_go_on() const {
  kill(process_, SIGCONT);
}

}  // namespace signalbox::cli
