#include "support/processes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sstream>
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

std::filesystem::path folder_of(pid_t process) {
  return std::filesystem::path("/proc") / std::to_string(process);
}

// The fields of /proc/PID/stat from the third on, which is the state; the second may hold spaces.
std::vector<std::string> stat_fields(pid_t process) {
  const auto stat = file_bytes(folder_of(process) / "stat");
  std::vector<std::string> fields;
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(stat.substr(name_end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

bool is_zombie(pid_t process) {
  const auto state = state_of(process);
  return state == 0 || state == 'Z' || state == 'X';
}

}  // namespace

char state_of(pid_t process) {
  const auto fields = stat_fields(process);
  return fields.empty() ? '\0' : fields[0][0];
}

std::size_t descriptors_of(pid_t process) {
  std::size_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_of(process) / "fd", error), end; at != end && !error;
       at.increment(error)) {
    ++count;
  }
  return count;
}

Duration cpu_time_of(pid_t process) {
  constexpr std::size_t kUserTicks = 11;  // the fourteenth of all fields
  const auto fields = stat_fields(process);
  if (fields.size() <= kUserTicks + 1) return Duration(0);
  const auto ticks = std::stoll(fields[kUserTicks]) + std::stoll(fields[kUserTicks + 1]);
  return std::chrono::milliseconds(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes_of(pid_t process) {
  std::istringstream pages(file_bytes(folder_of(process) / "statm"));
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  pages >> whole >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

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
    if (is_zombie(std::atoi(name.c_str()))) continue;
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
