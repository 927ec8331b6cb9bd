// Which program runs the models and what it can do: found on PATH, asked once, asked again when its file has
// changed. Shared by the launcher and the lives of its engines. Starts no engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "base/time.h"
#include "engine/file_thread.h"
#include "engine/files.h"
#include "engine/launcher_options.h"
#include "engine/llama_server.h"

namespace signalbox::engine {

struct EngineProgram {
  std::vector<std::string> command;  // its path, and what stands behind it in the configuration
  EngineAbilities abilities;
  ProgramFile file{};
};

// Loop thread only; owned by shared pointers, because a search may outlive the launcher that was destroyed
// meanwhile.
class EnginePrograms : public std::enable_shared_from_this<EnginePrograms> {
 public:
  // A search that takes longer fails: a disk or a program hangs.
  static constexpr std::chrono::seconds kFilePatience{10};
  static constexpr std::chrono::seconds kAnswerPatience{15};
  static constexpr std::size_t kAnswerBytesMax = std::size_t{1} * 1024 * 1024;

  EnginePrograms(boost::asio::any_io_executor loop, const LauncherOptions& options,
                 std::shared_ptr<FileThread> files);

  // The configured program if it can serve, else the fallback. The error speaks of the configured one. One
  // search at a time: a second waits for the first.
  boost::asio::awaitable<Result<EngineProgram>> find();
  // Ends the searches, which fail with `cancelled`, and lets none begin.
  void close();

 private:
  struct Known {
    ProgramFile file;
    EngineAbilities abilities;
  };
  boost::asio::awaitable<Result<EngineProgram>> search();
  boost::asio::awaitable<Result<EngineProgram>> examine(std::string name);
  boost::asio::awaitable<Result<ProgramFile>> locate(std::string name);
  boost::asio::awaitable<Result<EngineAbilities>> ask_for_abilities(std::vector<std::string> command);
  boost::asio::awaitable<Result<std::string>> ask(std::vector<std::string> argv);

  boost::asio::any_io_executor loop_;
  std::vector<std::string> command_;
  std::string fallback_;
  std::string guard_program_;
  std::vector<std::string> environment_;
  std::shared_ptr<FileThread> files_;
  std::vector<Known> known_;  // one for each candidate
  bool closed_ = false;
  bool searching_ = false;
  boost::asio::steady_timer search_ended_;  // cancelled to wake those who wait for their turn
  boost::asio::steady_timer answered_;  // cancelled to wake the search itself; expires when its patience ends
};

}  // namespace signalbox::engine
