// One engine process under its guard: started, its output cut into lines, told to stop, seen to end. Knows
// nothing of models or HTTP. Used for engines and for the short runs that ask a program for its abilities.
//
// posix_spawn rather than Boost.Process: it needs no fork of a server with gigabytes mapped, starts the guard
// in a session of its own with default signals, and there is nothing else to do; the guard does the rest.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "engine/line_splitter.h"

namespace signalbox::engine {

enum class OutputStream { standard_output, standard_error };

struct ProcessEnd {
  enum class How {
    exited,       // `number` is the exit status
    signalled,    // `number` is the signal
    not_started,  // `words` say why
    guard_lost,   // the guard was killed; it took the engine with it
  };
  How how = How::exited;
  int number = 0;
  std::string words;
};

// "exited with status 1", "was killed by signal 9 (Killed)", "could not be started: …".
[[nodiscard]] std::string describe(const ProcessEnd& end);

struct ProcessOptions {
  std::string guard_program;             // our own binary
  std::vector<std::string> argv;         // argv[0] is the program's path
  std::vector<std::string> environment;  // "NAME=value", all of it
  // All from the loop, never from inside a call; none after abandon(). All must be given.
  std::function<void(pid_t engine)> on_started;
  // A line is at most LineSplitter::kLineBytesMax long.
  std::function<void(OutputStream, std::string_view)> on_line;
  // Once: the engine and all it started are gone, and its last line has been handed out.
  std::function<void(ProcessEnd)> on_end;
};

// Loop thread only. Lives until its end was seen, whoever else lets go of it.
class EngineProcess : public std::enable_shared_from_this<EngineProcess> {
 public:
  [[nodiscard]] static Result<std::shared_ptr<EngineProcess>> spawn(const boost::asio::any_io_executor& loop,
                                                                    ProcessOptions options);
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  // Writes `last_words` to its standard input and closes that, then SIGTERM to its process group.
  void ask_to_exit(std::string_view last_words);
  // SIGKILL to everything it started. May be repeated.
  void kill();
  // Kills it and reports nothing more.
  void abandon();

 private:
  static constexpr std::size_t kReadBytes = 8192;
  using Descriptor = boost::asio::posix::stream_descriptor;

  // One pipe that is read to its end.
  struct Source {
    explicit Source(const boost::asio::any_io_executor& loop) : pipe(loop) {}
    Descriptor pipe;
    LineSplitter lines;
    std::array<char, kReadBytes> buffer{};
    std::function<void(std::string_view)> on_line;
    bool ended = false;
  };

  struct Pipes;
  EngineProcess(const boost::asio::any_io_executor& loop, ProcessOptions options);
  Result<void> start(Pipes pipes);
  void read_on(Source& source);
  void watch_guard();
  void guard_exited();
  void finish_if_all_said();
  void finish();
  void take_report(std::string_view line);
  void order(char command);

  ProcessOptions options_;
  Descriptor input_;
  Descriptor lifeline_;
  Descriptor guard_;  // a pidfd
  pid_t guard_pid_ = 0;
  Source output_;
  Source error_;
  Source reports_;
  boost::asio::steady_timer pipe_patience_;
  ProcessEnd end_{.how = ProcessEnd::How::guard_lost, .number = 0, .words = {}};
  bool guard_gone_ = false;
  bool abandoned_ = false;
  bool finished_ = false;
};

}  // namespace signalbox::engine
