#include "support/processes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace signalbox::test {
namespace {

constexpr int kCannotStart = 127;

// Not a stream: a process that ends while its files are read makes a stream throw. Empty if it is gone.
std::string file_bytes(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string bytes;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 1; file >= 0 && got > 0;) {
    got = ::read(file, buffer.data(), buffer.size());
    if (got > 0) bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (file >= 0) ::close(file);
  return bytes;
}

bool is_zombie(const std::filesystem::path& folder) {
  const auto stat = file_bytes(folder / "stat");
  const auto state = stat.rfind(") ");
  return state == std::string::npos || stat[state + 2] == 'Z' || stat[state + 2] == 'X';
}

}  // namespace

std::vector<Process> processes_with_tag(const std::string& tag) {
  const auto wanted = fmt::format("{}={}", kTagName, tag);
  std::vector<Process> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; at != end; at.increment(error)) {
    const auto& entry = *at;
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    // Each entry ends with NUL, so a tag that is the beginning of another does not match.
    const auto environment = std::string(1, '\0') + file_bytes(entry.path() / "environ");
    if (environment.find(std::string(1, '\0') + wanted + std::string(1, '\0')) == std::string::npos) continue;
    if (is_zombie(entry.path())) continue;
    auto arguments = file_bytes(entry.path() / "cmdline");
    std::ranges::replace(arguments, '\0', ' ');
    const auto program = std::filesystem::read_symlink(entry.path() / "exe", error).filename().string();
    found.push_back({.pid = std::atoi(name.c_str()), .program = program, .arguments = arguments});
  }
  return found;
}

Child::Child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
             const std::string& output_path) {
  std::array<int, 2> input{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  input_ = input[1];
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // What the test adds comes first: of two equal names getenv takes the first.
  std::vector<char*> variables;
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  for (char** entry = environ; *entry != nullptr; ++entry) variables.push_back(*entry);
  variables.push_back(nullptr);
  const int output = ::open(output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    // A test that crashes takes its server along.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(input[0], STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execve(command[0].c_str(), arguments.data(), variables.data());
    ::_exit(kCannotStart);
  }
  ::close(input[0]);
  ::close(output);
  if (pid_ < 0) throw std::runtime_error("no process");
}

Child::~Child() {
  close_input();
  if (pid_ <= 0 || status_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Child::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> Child::wait(Duration within) {
  const bool ended = status_ || eventually(
                                    [&] {
                                      int raw = 0;
                                      if (::waitpid(pid_, &raw, WNOHANG) != pid_) return false;
                                      status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
                                      return true;
                                    },
                                    within);
  return ended ? status_ : std::nullopt;
}

void Child::write_input(std::string_view bytes) const {
  if (::write(input_, bytes.data(), bytes.size()) < 0) throw std::runtime_error("its input is closed");
}

void Child::close_input() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
}

}  // namespace signalbox::test
