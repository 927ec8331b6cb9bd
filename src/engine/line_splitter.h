// Cuts what a process writes into lines of bounded length. Pure. EngineProcess has one for each stream.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signalbox::engine {

class LineSplitter {
 public:
  // What exceeds it is dropped up to the next line break.
  static constexpr std::size_t kLineBytesMax = 4096;

  // Calls `on_line` for each line that `bytes` completes, without its line break (or "\r\n"). Empty lines are
  // skipped.
  template <class OnLine>
  void add(std::string_view bytes, const OnLine& on_line) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      keep(bytes.substr(0, end));
      if (end == std::string_view::npos) return;
      finish(on_line);
      bytes.remove_prefix(end + 1);
    }
  }

  // The stream is over: what stands there is the last line.
  template <class OnLine>
  void finish(const OnLine& on_line) {
    if (line_.ends_with('\r')) line_.pop_back();
    if (!line_.empty()) on_line(std::string_view(line_));
    line_.clear();
  }

 private:
  void keep(std::string_view bytes) { line_.append(bytes.substr(0, kLineBytesMax - line_.size())); }

  std::string line_;
};

}  // namespace signalbox::engine
