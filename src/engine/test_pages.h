// For this folder's tests: files whose pages are not in the page cache, and a look at which are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "engine/descriptor.h"
#include "engine/page_cache.h"
#include "engine/test_folder.h"

namespace signalbox::engine {

inline std::uint64_t bytes_in_page_cache(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto pages = resident_pages({.fd = file.get(), .offset = offset, .bytes = bytes}, path);
  return static_cast<std::uint64_t>(std::ranges::count(pages, true)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

enum class Dropped { yes, not_here };

// Takes a file's pages out of the page cache. `not_here`: this filesystem lives in memory, or somebody has
// mapped them.
[[nodiscard]] inline Dropped drop_pages(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Dropped::not_here;
  ::fsync(file.get());
  ::posix_fadvise(file.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
  return bytes_in_page_cache(path, offset, bytes) == 0 ? Dropped::yes : Dropped::not_here;
}

}  // namespace signalbox::engine

// A macro, because it returns from the test.
#define SIGNALBOX_DROP_OR_SKIP(path, bytes)                                                      \
  if (::signalbox::engine::drop_pages(path, 0, bytes) == ::signalbox::engine::Dropped::not_here) \
  GTEST_SKIP() << "the pages of " << (path) << " cannot be dropped here: nothing of this is tested"
