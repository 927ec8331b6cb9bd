// Reads the next model's file into the page cache while the active one finishes its requests, so that the
// load need not wait for the disk. Gives way to clients: pauses while their tokens come slower than before,
// and gives up when that does not help. Called by the launcher.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/id.h"
#include "base/time.h"
#include "engine/file_thread.h"
#include "engine/model_reader.h"
#include "engine/token_pace.h"
#include "ports/read_ahead_news.h"

namespace signalbox::engine {

// Loop thread only. The observer outlives it, and so do clock and pace.
class ReadAhead {
 public:
  static constexpr Duration kPause = std::chrono::seconds(1);
  static constexpr std::uint32_t kPausesMax = 5;
  // A step of a few MiB that takes longer waits for a dead disk.
  static constexpr Duration kStepPatience = std::chrono::seconds(60);

  struct Options {
    ModelReader::Options reader{};
    Duration pause = kPause;
  };
  struct Target {
    ModelIndex model;
    std::string name;
    std::string path;
    std::vector<pid_t> engines{};  // whose mapped files are in use
  };

  ReadAhead(boost::asio::any_io_executor loop, const Clock& clock, const TokenPace& pace,
            ReadAheadObserver& observer, Options options);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Takes the place of what runs.
  void start(const Target& target);
  // Tells the observer before it returns, if something runs.
  void stop();

 private:
  class Run;

  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  const TokenPace& pace_;
  ReadAheadObserver& observer_;
  Options options_;
  // Its own: a slow disk must not hold up the looks at files before a load.
  std::shared_ptr<FileThread> files_;
  std::shared_ptr<Run> run_;  // the last one
};

}  // namespace signalbox::engine
