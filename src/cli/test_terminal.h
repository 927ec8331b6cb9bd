// A terminal with a command in a process of its own, as a person sits before it. Tests only.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "cli/terminal.h"

namespace signalbox::cli {

class TestTerminal {
 public:
  // Its result is the process's exit code.
  using Command = std::function<int(const Surround& surround)>;

  explicit TestTerminal(const Command& command, const WindowSize& size = {});
  ~TestTerminal();
  TestTerminal(const TestTerminal&) = delete;
  TestTerminal& operator=(const TestTerminal&) = delete;

  // What was written up to the text and with it, since the last call. What there is if it does not come in
  // time.
  [[nodiscard]] std::string read_until(std::string_view text);
  // The rest, once the process has ended; `exit_code` is known then.
  [[nodiscard]] std::string read_to_end();
  // -1: it was ended by a signal, or not in time.
  [[nodiscard]] int exit_code() const { return exit_code_; }

  void type(std::string_view keys) const;
  void resize(const WindowSize& size) const;
  // Whether the process is stopped, as Ctrl-Z does it; waits for that.
  [[nodiscard]] bool is_stopped() const;
  void let_go_on() const;

 private:
  // Whether something came in time.
  bool read_more();

  int master_ = -1;
  pid_t process_ = -1;
  std::string unread_;
  int exit_code_ = -1;
};

}  // namespace signalbox::cli
