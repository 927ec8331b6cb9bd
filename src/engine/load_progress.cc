#include "engine/load_progress.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

namespace signalbox::engine {

namespace {

constexpr std::uint64_t kFileBytesMin = std::uint64_t{256} * 1024 * 1024;
constexpr std::uint64_t kThousandthsMax = 990;

}  // namespace

std::optional<std::uint32_t> progress_of_pages(pid_t engine, std::uint64_t file_bytes) {
  if (file_bytes < kFileBytesMin) return std::nullopt;
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t of_files = 0;
  std::ifstream statm(fmt::format("/proc/{}/statm", engine));
  if (!(statm >> size >> resident >> of_files)) return std::nullopt;
  const std::uint64_t bytes = of_files * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return static_cast<std::uint32_t>(std::min(bytes / (file_bytes / 1000), kThousandthsMax));
}

}  // namespace signalbox::engine
