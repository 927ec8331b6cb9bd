#include "engine/guard.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "engine/guard_report.h"

namespace signalbox::engine {
namespace {

constexpr int kUsageError = 64;
constexpr int kExecFailed = 127;
// How often a killing that is not done yet looks again for children that the kernel's list had missed.
constexpr int kRecheckMs = 50;
// The list of children is read in pieces of this size.
constexpr std::size_t kChildrenBytes = 4096;
constexpr int kFirstOwnDescriptor = 3;
// What an engine writes holds what was said.
constexpr mode_t kNothingForOthers = 0077;
// Only where close_range is missing: descriptors above this one are not looked at.
constexpr int kDescriptorsMax = 65'536;

void report(int descriptor, char kind, std::string_view text) {
  const auto line = std::string(1, kind) + ' ' + std::string(text) + '\n';
  // The server may be gone; then nobody is left to be told. A line is shorter than PIPE_BUF, so it is written
  // whole.
  [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

void close_between(unsigned first, unsigned last) {
  if (first > last || ::close_range(first, last, 0) == 0) return;
  for (auto fd = first; fd <= last && fd < kDescriptorsMax; ++fd) ::close(static_cast<int>(fd));
}

// The server's sockets and files are none of the engine's business, whether or not they were marked
// close-on-exec.
void close_all_but(int one, int other) {
  const auto low = static_cast<unsigned>(std::min(one, other));
  const auto high = static_cast<unsigned>(std::max(one, other));
  close_between(kFirstOwnDescriptor, low - 1);
  close_between(low + 1, high - 1);
  close_between(high + 1, ~0U);
  ::fcntl(one, F_SETFD, FD_CLOEXEC);
  ::fcntl(other, F_SETFD, FD_CLOEXEC);
}

// The guard keeps the engine's standard error, so that an abort of its own is seen, but no end of the other
// two.
void let_go_of_input_and_output() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::close(null);
}

void become_default_signals() {
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);  // the two that cannot be set just fail
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the forked child. Does not return.
[[noreturn]] void run_engine(char** command, pid_t guard, int failure) {
  ::setpgid(0, 0);
  ::umask(kNothingForOthers);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) ::_exit(kExecFailed);  // the guard died before it could be watched
  become_default_signals();
  ::execvp(command[0], command);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(failure, &error, sizeof error);
  ::_exit(kExecFailed);
}

// Owns the engine's process tree. The guard has one thread, so nobody else reaps, and a process id that was
// not reaped yet belongs to the process it was read for.
class Tree {
 public:
  // 0, or the error with which the engine could not be started.
  int start(char** command) {
    std::array<int, 2> failure{};
    if (::pipe2(failure.data(), O_CLOEXEC) != 0) return errno;
    const auto guard = ::getpid();
    const auto child = ::fork();
    if (child < 0) return errno;
    if (child == 0) run_engine(command, guard, failure[1]);
    ::close(failure[1]);
    ::setpgid(child, child);  // here too: a 'T' may come before the child has run
    int error = 0;
    const auto got = ::read(failure[0], &error, sizeof error);  // nothing: the exec closed the pipe
    ::close(failure[0]);
    engine_ = child;
    return got == sizeof error ? error : 0;
  }

  [[nodiscard]] pid_t engine() const { return engine_; }
  [[nodiscard]] bool engine_ended() const { return ended_; }
  [[nodiscard]] int status() const { return status_; }

  void terminate() const {
    if (!ended_) ::kill(-engine_, SIGTERM);
  }

  // True once no child is left.
  bool reap() {
    for (;;) {
      int status = 0;
      const auto child = ::waitpid(-1, &status, WNOHANG);
      if (child < 0 && errno == ECHILD) return true;
      if (child <= 0) return false;
      if (child == engine_) {
        ended_ = true;
        status_ = status;
      }
    }
  }

  // Kills and reaps until nothing is left. What a killed process leaves behind becomes the guard's own child,
  // since the guard is a subreaper, and is found in the next round. A process that the kernel cannot end is
  // waited for.
  void end_everything(int child_signals) {
    do {
      if (!ended_) ::kill(-engine_, SIGKILL);
      kill_children();
      if (reap()) return;
      pollfd waiting{.fd = child_signals, .events = POLLIN, .revents = 0};
      ::poll(&waiting, 1, kRecheckMs);
      drain(child_signals);
    } while (true);
  }

  static void drain(int child_signals) {
    signalfd_siginfo news{};
    while (::read(child_signals, &news, sizeof news) == sizeof news) {
    }
  }

 private:
  static void kill_children() {
    const auto path = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
    const int list = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (list < 0) return;
    std::array<char, kChildrenBytes> text{};
    const auto got = ::read(list, text.data(), text.size());
    ::close(list);
    const auto* next = text.data();
    const auto* end = text.data() + std::max<ssize_t>(got, 0);
    while (next < end) {
      pid_t child = 0;
      const auto parsed = std::from_chars(next, end, child);
      // A number that runs into the end of the piece may be cut; the next round reads it whole.
      if (parsed.ec == std::errc{} && parsed.ptr < end && child > 1) ::kill(child, SIGKILL);
      next = parsed.ptr + 1;
    }
  }

  pid_t engine_ = 0;
  bool ended_ = false;
  int status_ = 0;
};

enum class Order { none, kill };

// Reads what the server says and passes a SIGTERM on.
Order obey(int lifeline, const Tree& tree) {
  std::array<char, 64> orders{};
  const auto got = ::read(lifeline, orders.data(), orders.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return Order::none;
  if (got <= 0) return Order::kill;
  const std::string_view said(orders.data(), static_cast<std::size_t>(got));
  if (said.contains(kGuardKill)) return Order::kill;
  if (said.contains(kGuardTerminate)) tree.terminate();
  return Order::none;
}

void watch(Tree& tree, int lifeline, int child_signals) {
  std::array<pollfd, 2> sources{pollfd{.fd = lifeline, .events = POLLIN, .revents = 0},
                                pollfd{.fd = child_signals, .events = POLLIN, .revents = 0}};
  for (;;) {
    if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) break;
    if (sources[0].revents != 0 && obey(lifeline, tree) == Order::kill) break;
    if (sources[1].revents != 0) Tree::drain(child_signals);
    tree.reap();
    if (tree.engine_ended()) break;
  }
  tree.end_everything(child_signals);
}

int parse_descriptor(const char* text) {
  int value = -1;
  const std::string_view digits(text);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size();
  return whole && value >= kFirstOwnDescriptor && ::fcntl(value, F_GETFD) >= 0 ? value : -1;
}

// Ctrl-C in the server's terminal and a service manager's SIGTERM reach the server, which stops the engine in
// order.
int ignore_signals_but_children() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(number, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &children, nullptr);
  return ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

int guard_main(int argc, char** argv) {
  constexpr int kCommandAt = 5;
  const bool shaped = argc > kCommandAt && std::string_view(argv[4]) == "--";
  const int lifeline = shaped ? parse_descriptor(argv[2]) : -1;
  const int reports = shaped ? parse_descriptor(argv[3]) : -1;
  if (lifeline < 0 || reports < 0 || lifeline == reports) {
    std::fputs("usage: signalbox guard LIFELINE_FD REPORT_FD -- command…; the server runs this itself\n",
               stderr);
    return kUsageError;
  }
  ::setsid();  // fails where the server has done it already
  close_all_but(lifeline, reports);
  const int child_signals = ignore_signals_but_children();
  if (child_signals < 0 || ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    report(reports, kReportFailed, "the guard process could not be set up: " + error_text(errno));
    return 1;
  }

  Tree tree;
  if (const int error = tree.start(argv + kCommandAt); error != 0) {
    report(reports, kReportFailed, std::string(argv[kCommandAt]) + ": " + error_text(error));
    return 1;
  }
  report(reports, kReportStarted, std::to_string(tree.engine()));
  let_go_of_input_and_output();
  watch(tree, lifeline, child_signals);
  report(reports, kReportEnded, std::to_string(tree.status()));
  return 0;
}

}  // namespace signalbox::engine
