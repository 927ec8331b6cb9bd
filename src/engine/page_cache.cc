#include "engine/page_cache.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace signalbox::engine {
namespace {

// So much is read at once, and thrown away.
constexpr std::uint64_t kPieceBytes = std::uint64_t{1} * 1024 * 1024;
// With 10 a thread gets a tenth of what it would get of a busy processor.
constexpr int kNice = 10;

std::uint64_t page_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool may_be_told(int fd, const std::string& path) {
  struct stat about{};
  if (::fstat(fd, &about) != 0) return false;
  return ::geteuid() == about.st_uid || ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

}  // namespace

Descriptor open_to_read_ahead(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  // What is behind a step is for the next one to decide: the system would fetch many MiB of it.
  if (file.get() >= 0) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);
  return file;
}

std::vector<bool> resident_pages(const FileSpan& span, const std::string& path) {
  const auto pages = (span.bytes + page_bytes() - 1) / page_bytes();
  std::vector<bool> resident(pages, false);
  if (pages == 0 || !may_be_told(span.fd, path)) return resident;
  // Nothing is read through it: looking at a page that a shorter file has lost would end the process.
  void* const mapped =
      ::mmap(nullptr, span.bytes, PROT_READ, MAP_SHARED, span.fd, static_cast<off_t>(span.offset));
  if (mapped == MAP_FAILED) return resident;
  std::vector<unsigned char> flags(pages);
  if (::mincore(mapped, span.bytes, flags.data()) == 0) {
    for (std::size_t page = 0; page < pages; ++page) resident[page] = (flags[page] & 1U) != 0;
  }
  ::munmap(mapped, span.bytes);
  return resident;
}

ReadOutcome read_pages(const FileSpan& span, const std::vector<bool>& resident, const std::atomic<bool>& stop,
                       std::atomic<std::uint64_t>& read) {
  // All of it is asked for at once, so that the disk need not wait for the pieces.
  ::posix_fadvise(span.fd, static_cast<off_t>(span.offset), static_cast<off_t>(span.bytes),
                  POSIX_FADV_WILLNEED);
  std::vector<char> piece(std::min(kPieceBytes, span.bytes));
  const auto page = page_bytes();
  std::uint64_t at = 0;
  while (at < span.bytes) {
    if (resident[at / page]) {
      at += page;
      continue;
    }
    auto end = at + page - at % page;
    while (end < span.bytes && end - at < piece.size() && !resident[end / page]) end += page;
    if (stop) return ReadOutcome::stopped;
    const auto wanted = std::min({end, span.bytes, at + piece.size()}) - at;
    const auto got = ::pread(span.fd, piece.data(), wanted, static_cast<off_t>(span.offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ReadOutcome::failed;  // at 0 it has become shorter
    read += static_cast<std::uint64_t>(got);
    at += static_cast<std::uint64_t>(got);
  }
  return ReadOutcome::done;
}

// Without success it still reads, only less politely.
void give_way() {
  ::setpriority(PRIO_PROCESS, 0, kNice);  // of this thread alone
  ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

}  // namespace signalbox::engine
