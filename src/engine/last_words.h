// The last lines that an engine wrote, and the one of them that says why it ended. Pure. Knows how llama.cpp
// and GGML write their logs; anything else is quoted as it stands.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace signalbox::engine {

class LastWords {
 public:
  static constexpr std::size_t kLinesMax =
      64;  // a failed assertion is followed by a stack trace of some 30 lines
  static constexpr std::size_t kQuoteBytesMax = 400;

  void add(std::string_view line);

  // What to quote of an engine that ended before it was ready: the last line that names a cause, else the
  // last one that looks like an error, else the last one. Empty if it wrote nothing.
  [[nodiscard]] std::string of_failed_start() const;
  // What to quote of an engine that had served: only what a crash writes, since other lines may speak of what
  // clients sent. Empty if there is none.
  [[nodiscard]] std::string of_crash() const;

 private:
  std::deque<std::string> lines_;
};

// The line without time, level and function name, its control characters replaced, cut to kQuoteBytesMax at a
// character.
[[nodiscard]] std::string plain_words(std::string_view line);

}  // namespace signalbox::engine
