// Starting programs from tests and seeing what is left of them. A tag in the environment, inherited by every
// descendant, marks what belongs to one test; nothing else is ever signalled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "support/eventually.h"

namespace signalbox::test {

struct Process {
  pid_t pid = 0;
  std::string program;    // file name of the executable
  std::string arguments;  // joined by spaces
};

inline constexpr const char* kTagName = "SB_TEST_TAG";

// Living processes (zombies do not count) whose environment holds this tag.
[[nodiscard]] std::vector<Process> processes_with_tag(const std::string& tag);

// What the kernel says of one process; zero once it is gone.
[[nodiscard]] std::size_t descriptors_of(pid_t process);
[[nodiscard]] Duration cpu_time_of(pid_t process);
[[nodiscard]] std::uint64_t resident_bytes_of(pid_t process);
// The letter of its state: 'T' for stopped, 'Z' for ended but not waited for; 0 once it is gone.
[[nodiscard]] char state_of(pid_t process);

// One child of the test program, its output in a file. Killed when destroyed, its descendants are not.
class Child {
 public:
  Child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
        const std::string& output_path);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit status, 128 + signal if it was killed; none if it still runs when the time is over.
  std::optional<int> wait(Duration within = kPatience);
  // What goes to its standard input; closed by close_input or with the Child.
  void write_input(std::string_view bytes) const;
  void close_input();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  std::optional<int> status_;
};

}  // namespace signalbox::test
