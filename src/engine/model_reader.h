// Brings a model's files into the page cache in steps, as long as memory is to spare. Does not know when to
// pause: ReadAhead does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "engine/descriptor.h"
#include "engine/files.h"
#include "engine/memory.h"

namespace signalbox::engine {

// step() on a FileThread, which gives way to other threads from then on; the others from any thread.
class ModelReader {
 public:
  static constexpr std::uint64_t kStepBytes = std::uint64_t{8} * 1024 * 1024;
  // Left free beside all of the model, for whoever needs memory next.
  static constexpr std::uint64_t kReserveBytes = std::uint64_t{1} * 1024 * 1024 * 1024;

  // What can be had, given how much of the page cache is in use all the same.
  using FreeMemory = std::function<std::optional<std::uint64_t>(std::uint64_t file_bytes_in_use)>;
  struct Options {
    std::uint64_t step_bytes = kStepBytes;
    FreeMemory free_memory = [](std::uint64_t in_use) { return engine::free_memory(in_use); };
  };

  // `engines`: the processes whose mapped files are in use.
  ModelReader(const std::string& path, std::vector<pid_t> engines, Options options);

  enum class Step { more, complete, stopped, memory_short, file_changed, file_unreadable };
  // Reads at most step_bytes; what is there already costs no step.
  [[nodiscard]] Step step();
  // A step that runs ends soon, and no other reads anything.
  void stop() { stop_ = true; }
  [[nodiscard]] std::uint64_t bytes_read() const { return read_; }
  [[nodiscard]] std::uint64_t bytes_resident() const { return resident_; }  // were there already

 private:
  struct Part {
    std::string path;
    ModelFile file{};
  };
  [[nodiscard]] bool look_at_parts();
  [[nodiscard]] std::optional<Step> open_part();
  [[nodiscard]] bool has_memory() const;
  [[nodiscard]] Step read_on();

  std::vector<pid_t> engines_;
  Options options_;
  std::vector<Part> parts_;
  bool begun_ = false;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t file_bytes_in_use_ = 0;
  std::size_t part_ = 0;  // the one at which it is
  std::uint64_t offset_ = 0;
  Descriptor open_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> read_ = 0;
  std::atomic<std::uint64_t> resident_ = 0;
};

}  // namespace signalbox::engine
