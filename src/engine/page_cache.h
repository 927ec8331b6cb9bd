// What of an open file is in the system's page cache, and how to bring the rest there. Both may block for as
// long as a disk does: for the FileThread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/descriptor.h"

namespace signalbox::engine {

// Negative if it cannot be opened. What is read through it is read in the sizes that are asked for.
[[nodiscard]] Descriptor open_to_read_ahead(const std::string& path);

// A span of an open file whose begin is at a page's begin.
struct FileSpan {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// For each page whether it is there. All false where the system does not say: it tells only those who own a
// file or may write it, and others that everything is there.
[[nodiscard]] std::vector<bool> resident_pages(const FileSpan& span, const std::string& path);

enum class ReadOutcome { done, failed, stopped };
// Reads the pages that are not there and throws the bytes away. `read` counts up with every piece.
[[nodiscard]] ReadOutcome read_pages(const FileSpan& span, const std::vector<bool>& resident,
                                     const std::atomic<bool>& stop, std::atomic<std::uint64_t>& read);

// The calling thread's work on processor and disk gives way to everybody else's from now on.
void give_way();

}  // namespace signalbox::engine
