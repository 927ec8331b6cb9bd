#include "cli/output_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/core.h>

namespace signalbox::cli {
namespace {

constexpr mode_t kForEverybody = 0666;  // less what the user's umask takes away
constexpr mode_t kForOwner = 0600;

std::unexpected<Error> trouble(const std::string& path, int error) {
  return fail(ErrorCode::io, fmt::format("{}: {}", path, std::generic_category().message(error)));
}

// 0, or the error number.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Result<void> write_whole(const std::string& path, std::string_view text) {
  // Of this process alone, so that two of them do not write into one file.
  const std::string draft = fmt::format("{}.{}.part", path, getpid());
  const int descriptor =
      open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kForEverybody);
  if (descriptor < 0) return trouble(path, errno);
  int error = write_all(descriptor, text);
  if (error == 0 && fsync(descriptor) != 0) error = errno;
  if (close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(draft.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  static_cast<void>(unlink(draft.c_str()));
  return trouble(path, error);
}

Result<LineFile> LineFile::create(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kForOwner);
  if (descriptor < 0) return trouble(path, errno);
  return LineFile(path, descriptor);
}

LineFile::LineFile(LineFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

LineFile::~LineFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> LineFile::append(std::string_view lines) {
  const int error = write_all(descriptor_, lines);
  if (error == 0) {
    size_ += lines.size();
    return {};
  }
  // What of the line did get in would be half a line.
  static_cast<void>(ftruncate(descriptor_, static_cast<off_t>(size_)));
  return trouble(path_, error);
}

}  // namespace signalbox::cli
