// Files that the commands write: one that is there as a whole or not at all, and one that grows by whole
// lines.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox::cli {

// Writes a file beside it and puts that in its place, so that nobody ever sees half of it. What was there is
// replaced. Blocks.
[[nodiscard]] Result<void> write_whole(const std::string& path, std::string_view text);

// Readable for its owner only. Blocks while it writes.
class LineFile {
 public:
  // Refuses if something is there already.
  [[nodiscard]] static Result<LineFile> create(const std::string& path);
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&&) = delete;
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;
  ~LineFile();

  // One or more lines with their ends. After an error the file ends with the last line that was whole.
  [[nodiscard]] Result<void> append(std::string_view lines);

 private:
  LineFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_ = -1;
  std::size_t size_ = 0;  // of the whole lines
};

}  // namespace signalbox::cli
