#include "engine/engine_process.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "engine/guard_report.h"

namespace signalbox::engine {
namespace {

// In the guard: the engine's three, then its own two.
constexpr int kLifelineInGuard = 3;
constexpr int kReportsInGuard = 4;
constexpr int kFirstFreeDescriptor = 5;
// Everything that could write to the pipes is gone when the guard is; only a descriptor that was handed to a
// stranger could keep one open, and that must not delay the news.
constexpr std::chrono::milliseconds kPipePatience{200};

std::string error_text(int error) {
  return std::generic_category().message(error);
}

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() { reset(); }
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  OwnedFd read_end;
  OwnedFd write_end;

  // Close-on-exec, and above the descriptors that the guard's own are moved to.
  [[nodiscard]] int open() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return errno;
    read_end = OwnedFd(fds[0]);
    write_end = OwnedFd(fds[1]);
    for (auto* end : {&read_end, &write_end}) {
      if (end->get() >= kFirstFreeDescriptor) continue;
      const int moved = ::fcntl(end->get(), F_DUPFD_CLOEXEC, kFirstFreeDescriptor);
      if (moved < 0) return errno;
      *end = OwnedFd(moved);
    }
    return 0;
  }
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Default signals and an empty mask, whatever the server has set, and a session that no terminal can reach.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t set;
    ::sigfillset(&set);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

class SpawnFiles {
 public:
  SpawnFiles() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnFiles() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;
  void give(const OwnedFd& fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd.get(), as); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

struct EngineProcess::Pipes {
  Pipe input;
  Pipe output;
  Pipe error;
  Pipe lifeline;
  Pipe reports;

  [[nodiscard]] int open() {
    for (auto* pipe : {&input, &output, &error, &lifeline, &reports}) {
      if (const int failed = pipe->open(); failed != 0) return failed;
    }
    return 0;
  }
};

std::string describe(const ProcessEnd& end) {
  switch (end.how) {
    case ProcessEnd::How::exited:
      return fmt::format("exited with status {}", end.number);
    case ProcessEnd::How::signalled:
      return fmt::format("was killed by signal {} ({})", end.number, ::strsignal(end.number));
    case ProcessEnd::How::not_started:
      return fmt::format("could not be started: {}", end.words);
    case ProcessEnd::How::guard_lost:
      break;
  }
  return "was lost: its guard process was killed";
}

Result<std::shared_ptr<EngineProcess>> EngineProcess::spawn(const boost::asio::any_io_executor& loop,
                                                            ProcessOptions options) {
  Pipes pipes;
  if (const int error = pipes.open(); error != 0) return fail(ErrorCode::io, error_text(error));
  std::shared_ptr<EngineProcess> process(new EngineProcess(loop, std::move(options)));
  if (auto started = process->start(std::move(pipes)); !started) return std::unexpected(started.error());
  return process;
}

EngineProcess::EngineProcess(const boost::asio::any_io_executor& loop, ProcessOptions options)
    : options_(std::move(options)),
      input_(loop),
      lifeline_(loop),
      guard_(loop),
      output_(loop),
      error_(loop),
      reports_(loop),
      pipe_patience_(loop) {
  output_.on_line = [this](std::string_view line) {
    if (!abandoned_) options_.on_line(OutputStream::standard_output, line);
  };
  error_.on_line = [this](std::string_view line) {
    if (!abandoned_) options_.on_line(OutputStream::standard_error, line);
  };
  reports_.on_line = [this](std::string_view line) { take_report(line); };
}

Result<void> EngineProcess::start(Pipes pipes) {
  SpawnFiles files;
  files.give(pipes.input.read_end, STDIN_FILENO);
  files.give(pipes.output.write_end, STDOUT_FILENO);
  files.give(pipes.error.write_end, STDERR_FILENO);
  files.give(pipes.lifeline.read_end, kLifelineInGuard);
  files.give(pipes.reports.write_end, kReportsInGuard);
  std::vector<std::string> argv = {options_.guard_program, "guard", std::to_string(kLifelineInGuard),
                                   std::to_string(kReportsInGuard), "--"};
  argv.insert(argv.end(), options_.argv.begin(), options_.argv.end());
  const SpawnAttributes attributes;
  if (const int error =
          ::posix_spawn(&guard_pid_, options_.guard_program.c_str(), files.get(), attributes.get(),
                        pointers(argv).data(), pointers(options_.environment).data());
      error != 0) {
    return fail(ErrorCode::io, fmt::format("{}: {}", options_.guard_program, error_text(error)));
  }
  // Until it is reaped, which only this object does, the process id means this guard.
  const auto guard = static_cast<int>(::syscall(SYS_pidfd_open, guard_pid_, 0));
  if (guard < 0) {
    const int error = errno;
    pipes.lifeline.write_end.reset();  // ends the guard
    ::waitpid(guard_pid_, nullptr, 0);
    return fail(ErrorCode::io, fmt::format("pidfd_open: {}", error_text(error)));
  }
  guard_.assign(guard);
  input_.assign(pipes.input.write_end.release());
  input_.native_non_blocking(true);
  lifeline_.assign(pipes.lifeline.write_end.release());
  lifeline_.native_non_blocking(true);
  output_.pipe.assign(pipes.output.read_end.release());
  error_.pipe.assign(pipes.error.read_end.release());
  reports_.pipe.assign(pipes.reports.read_end.release());
  for (auto* source : {&output_, &error_, &reports_}) read_on(*source);
  watch_guard();
  return {};
}

void EngineProcess::read_on(Source& source) {
  source.pipe.async_read_some(
      boost::asio::buffer(source.buffer),
      [self = shared_from_this(), &source](boost::system::error_code error, std::size_t got) {
        if (!error) {
          source.lines.add(std::string_view(source.buffer.data(), got), source.on_line);
          self->read_on(source);
          return;
        }
        source.ended = true;
        source.lines.finish(source.on_line);
        self->finish_if_all_said();
      });
}

void EngineProcess::watch_guard() {
  guard_.async_wait(Descriptor::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->guard_exited();
  });
}

void EngineProcess::guard_exited() {
  ::waitpid(guard_pid_, nullptr, 0);
  guard_.close();
  guard_gone_ = true;
  pipe_patience_.expires_after(kPipePatience);
  pipe_patience_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->finish();
  });
  finish_if_all_said();
}

void EngineProcess::finish_if_all_said() {
  if (guard_gone_ && output_.ended && error_.ended && reports_.ended) finish();
}

void EngineProcess::finish() {
  if (finished_) return;
  finished_ = true;
  pipe_patience_.cancel();
  for (auto* descriptor : {&input_, &lifeline_, &output_.pipe, &error_.pipe, &reports_.pipe}) {
    boost::system::error_code ignored;
    descriptor->close(ignored);
  }
  // The callbacks may own what owns this object.
  const auto last = std::exchange(options_, {});
  if (!abandoned_) last.on_end(end_);
}

void EngineProcess::take_report(std::string_view line) {
  if (line.size() < 3) return;
  const auto text = line.substr(2);
  if (line[0] == kReportFailed) {
    end_ = {.how = ProcessEnd::How::not_started, .number = 0, .words = std::string(text)};
    return;
  }
  int number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) return;
  if (line[0] == kReportStarted && !abandoned_) options_.on_started(number);
  if (line[0] != kReportEnded) return;
  const int status = number;
  const bool signalled = WIFSIGNALED(status);
  end_ = {.how = signalled ? ProcessEnd::How::signalled : ProcessEnd::How::exited,
          .number = signalled ? WTERMSIG(status) : WEXITSTATUS(status),
          .words = {}};
}

void EngineProcess::order(char command) {
  // A full pipe means that the guard has such an order already; a closed one that it is gone.
  if (lifeline_.is_open()) [[maybe_unused]]
    const auto written = ::write(lifeline_.native_handle(), &command, 1);
}

void EngineProcess::ask_to_exit(std::string_view last_words) {
  if (input_.is_open()) {
    [[maybe_unused]] const auto written =
        ::write(input_.native_handle(), last_words.data(), last_words.size());
    boost::system::error_code ignored;
    input_.close(ignored);
  }
  order(kGuardTerminate);
}

void EngineProcess::kill() {
  order(kGuardKill);
}

void EngineProcess::abandon() {
  abandoned_ = true;
  boost::system::error_code ignored;
  lifeline_.close(ignored);
}

}  // namespace signalbox::engine
