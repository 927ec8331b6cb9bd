#include "kv/folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <xxhash.h>

#include <fmt/format.h>

#include "kv/note.h"

namespace signalbox::kv {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kOthers = 0077;
constexpr std::size_t kReadBytes = std::size_t{1} * 1024 * 1024;
constexpr std::size_t kNoteBytesMax = std::size_t{256} * 1024;
constexpr std::string_view kStateEnding = ".kv";
constexpr std::string_view kNoteEnding = ".json";
constexpr std::string_view kProbe = "probe.tmp";
constexpr std::size_t kIdDigits = 16;

std::string error_text(int error) {
  return std::generic_category().message(error);
}

class OpenFile {
 public:
  OpenFile(int folder, const std::string& name, int flags)
      : descriptor_(::openat(folder, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kFileMode)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string note_name(StateId id) {
  return fmt::format("{:016x}{}", id.value(), kNoteEnding);
}

// The id in one of our own file names, with either ending; none if the name is not ours.
std::optional<StateId> id_in(std::string_view name) {
  if (name.size() <= kIdDigits) return std::nullopt;
  const auto ending = name.substr(kIdDigits);
  if (ending != kStateEnding && ending != kNoteEnding) return std::nullopt;
  std::uint64_t number = 0;
  const auto digits = name.substr(0, kIdDigits);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return StateId(number);
}

Result<std::uint64_t> hash_file(int descriptor) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(state.get());
  std::vector<char> buffer(kReadBytes);
  for (;;) {
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::io, error_text(errno));
    if (got == 0) return XXH3_64bits_digest(state.get());
    XXH3_64bits_update(state.get(), buffer.data(), static_cast<std::size_t>(got));
  }
}

// Nothing if it is a folder that only we can use.
Result<void> check_private(int descriptor, const std::string& path) {
  struct stat seen{};
  if (::fstat(descriptor, &seen) != 0)
    return fail(ErrorCode::io, fmt::format("{}: {}", path, error_text(errno)));
  if (seen.st_uid != ::geteuid()) {
    return fail(ErrorCode::invalid, fmt::format("{} belongs to user {}, not to the user of this server ({})",
                                                path, seen.st_uid, ::geteuid()));
  }
  if ((seen.st_mode & kOthers) != 0) {
    return fail(ErrorCode::invalid, fmt::format("{} is open to others (mode {:04o}); it must be 0700", path,
                                                seen.st_mode & 07777));
  }
  return {};
}

Result<void> check_writable(int descriptor, const std::string& path) {
  const std::string name(kProbe);
  {
    const OpenFile probe(descriptor, name, O_WRONLY | O_CREAT | O_TRUNC);
    if (probe.get() < 0)
      return fail(ErrorCode::io, fmt::format("{} cannot be written to: {}", path, error_text(errno)));
  }
  ::unlinkat(descriptor, name.c_str(), 0);
  return {};
}

std::vector<std::string> names_in(int descriptor) {
  std::vector<std::string> names;
  const int again = ::openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return names;
  const std::unique_ptr<DIR, decltype(&::closedir)> list(::fdopendir(again), ::closedir);
  if (!list) {
    ::close(again);
    return names;
  }
  while (const auto* entry = ::readdir(list.get())) names.emplace_back(entry->d_name);
  return names;
}

}  // namespace

Result<Folder> Folder::open(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  const auto before = ::umask(kOthers);
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  const bool made = !error && (::mkdir(path.c_str(), kFolderMode) == 0 || errno == EEXIST);
  const int made_error = error ? error.value() : errno;
  ::umask(before);
  if (!made) return fail(ErrorCode::io, fmt::format("{} cannot be made: {}", path, error_text(made_error)));

  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) {
    const int why = errno;
    const bool is_link = std::filesystem::is_symlink(path, error);
    if (is_link)
      return fail(ErrorCode::invalid, fmt::format("{} is a symbolic link; give the folder itself", path));
    if (why == ENOTDIR) return fail(ErrorCode::invalid, fmt::format("{} is not a folder", path));
    return fail(ErrorCode::io, fmt::format("{}: {}", path, error_text(why)));
  }
  Folder folder(path, descriptor);
  if (auto checked = check_private(descriptor, path); !checked) return std::unexpected(checked.error());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::invalid, fmt::format("{} is in use by another server", path));
  if (auto checked = check_writable(descriptor, path); !checked) return std::unexpected(checked.error());
  return folder;
}

Folder::~Folder() {
  if (descriptor_ >= 0) ::close(descriptor_);  // and with it the lock
}

Folder::Folder(Folder&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

std::string Folder::file_name(StateId id) {
  return fmt::format("{:016x}{}", id.value(), kStateEnding);
}

std::vector<SavedState> Folder::read_back() const {
  std::vector<std::pair<std::int64_t, SavedState>> found;
  const auto names = names_in(descriptor_);
  for (const auto& name : names) {
    const auto id = id_in(name);
    if (!id || !name.ends_with(kNoteEnding)) continue;
    const OpenFile note(descriptor_, name, O_RDONLY);
    std::string text(kNoteBytesMax, '\0');
    const auto got = note.get() < 0 ? -1 : ::read(note.get(), text.data(), text.size());
    struct stat seen{};
    if (got <= 0 || ::fstat(note.get(), &seen) != 0) continue;
    auto state = parse_note(std::string_view(text).substr(0, static_cast<std::size_t>(got)));
    if (!state) continue;
    state->id = *id;
    const auto used = (seen.st_mtim.tv_sec * std::int64_t{1'000'000'000}) + seen.st_mtim.tv_nsec;
    struct stat file{};
    const auto state_name = file_name(*id);
    const bool whole = ::fstatat(descriptor_, state_name.c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISREG(file.st_mode) && std::cmp_equal(file.st_size, state->bytes);
    if (whole) found.emplace_back(used, std::move(*state));
  }
  // Files of one tick of the disk's clock were written in the order of their ids.
  std::ranges::sort(found, {}, [](const auto& entry) { return std::pair(entry.first, entry.second.id); });
  std::vector<SavedState> states;
  states.reserve(found.size());
  for (auto& [used, state] : found) states.push_back(std::move(state));
  for (const auto& name : names) {
    const auto id = id_in(name);
    if (id && std::ranges::find(states, *id, &SavedState::id) == states.end())
      ::unlinkat(descriptor_, name.c_str(), 0);
  }
  return states;
}

void Folder::clear() const {
  for (const auto& name : names_in(descriptor_)) {
    if (id_in(name)) ::unlinkat(descriptor_, name.c_str(), 0);
  }
}

Result<std::uint64_t> Folder::seal(StateId id) const {
  const OpenFile file(descriptor_, file_name(id), O_RDONLY);
  if (file.get() < 0) return fail(ErrorCode::io, error_text(errno));
  if (::fchmod(file.get(), kFileMode) != 0) return fail(ErrorCode::io, error_text(errno));
  return hash_file(file.get());
}

Result<std::uint64_t> Folder::checksum(StateId id, std::uint64_t bytes) const {
  const OpenFile file(descriptor_, file_name(id), O_RDONLY);
  struct stat seen{};
  if (file.get() < 0 || ::fstat(file.get(), &seen) != 0) return fail(ErrorCode::io, error_text(errno));
  if (!S_ISREG(seen.st_mode) || std::cmp_not_equal(seen.st_size, bytes))
    return fail(ErrorCode::invalid, fmt::format("it has {} bytes, {} were written", seen.st_size, bytes));
  return hash_file(file.get());
}

Result<void> Folder::write_down(const SavedState& state) const {
  const auto name = note_name(state.id);
  const auto text = format_note(state);
  const OpenFile file(descriptor_, name, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.get() < 0) return fail(ErrorCode::io, error_text(errno));
  const auto written = ::write(file.get(), text.data(), text.size());
  if (std::cmp_equal(written, text.size())) return {};
  const int error = written < 0 ? errno : ENOSPC;
  ::unlinkat(descriptor_, name.c_str(), 0);
  return fail(ErrorCode::io, error_text(error));
}

void Folder::remove(StateId id) const {
  ::unlinkat(descriptor_, note_name(id).c_str(), 0);
  ::unlinkat(descriptor_, file_name(id).c_str(), 0);
}

Result<std::uint64_t> Folder::free_bytes() const {
  struct statvfs seen{};
  if (::fstatvfs(descriptor_, &seen) != 0) return fail(ErrorCode::io, error_text(errno));
  return std::uint64_t{seen.f_bavail} * seen.f_frsize;
}

}  // namespace signalbox::kv
