// One line on a terminal that is written again and again, and gone at the end. Standard error only.
#pragma once

#include <ostream>
#include <string>

namespace signalbox::cli {

class ProgressLine {
 public:
  // The stream is a terminal and outlives this.
  explicit ProgressLine(std::ostream& terminal) : terminal_(terminal) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text) {
    terminal_ << "\r\x1b[K" << text << std::flush;
    is_shown_ = true;
  }
  void clear() {
    if (is_shown_) terminal_ << "\r\x1b[K" << std::flush;
    is_shown_ = false;
  }

 private:
  std::ostream& terminal_;
  bool is_shown_ = false;
};

}  // namespace signalbox::cli
