#include "engine/files.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <ranges>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "engine/descriptor.h"
#include "kv/hash.h"

namespace signalbox::engine {
namespace {

constexpr std::string_view kMagic = "GGUF";
// So many folders of a search path are looked into.
constexpr int kSearchFoldersMax = 256;

std::string reason_text(int error) {
  if (error == ENOENT || error == ENOTDIR) return "no such file";
  if (error == EACCES) return "permission denied";
  return std::generic_category().message(error);
}

std::string quoted(std::string_view bytes) {
  std::string text = "'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7F && c != '\'' && c != '\\';
    text += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return text + "'";
}

std::string kind_text(mode_t mode) {
  return S_ISDIR(mode) ? "is a folder, not a file" : "is not a regular file";
}

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kNanosecondsASecond = 1'000'000'000;
  return time.tv_sec * kNanosecondsASecond + time.tv_nsec;
}

ModelFile identity_of(const struct stat& about) {
  return {.device = about.st_dev,
          .inode = about.st_ino,
          .size = static_cast<std::uint64_t>(about.st_size),
          .modified_ns = nanoseconds(about.st_mtim)};
}

std::optional<ProgramFile> executable_at(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode) || ::access(path.c_str(), X_OK) != 0)
    return {};
  return ProgramFile{.path = path,
                     .size = static_cast<std::uint64_t>(about.st_size),
                     .modified_ns = nanoseconds(about.st_mtim)};
}

}  // namespace

Result<ModelFile> check_model_file(const std::string& path) {
  // Not to be kept waiting by a named pipe, nor to take a terminal.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    const int error = errno;
    const auto code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io;
    return fail(code, fmt::format("{}: {}", path, reason_text(error)));
  }
  struct stat about{};
  if (::fstat(file.get(), &about) != 0)
    return fail(ErrorCode::io, fmt::format("{}: {}", path, reason_text(errno)));
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::invalid, fmt::format("{} {}", path, kind_text(about.st_mode)));

  std::array<char, kMagic.size()> begin{};
  const auto got = ::read(file.get(), begin.data(), begin.size());
  if (got < 0) return fail(ErrorCode::io, fmt::format("{}: {}", path, reason_text(errno)));
  if (got == 0) return fail(ErrorCode::invalid, fmt::format("{} is not a GGUF file: it is empty", path));
  const std::string_view bytes(begin.data(), static_cast<std::size_t>(got));
  if (bytes != kMagic) {
    return fail(ErrorCode::invalid,
                fmt::format("{} is not a GGUF file: begins with {}", path, quoted(bytes)));
  }
  return identity_of(about);
}

std::optional<ModelFile> look_at_file(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return identity_of(about);
}

std::uint64_t identify_files(const std::vector<std::string>& arguments) {
  std::string text;
  const auto add = [&text](const std::string& path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return;
    text +=
        fmt::format("{} {} {} {}\n", about.st_dev, about.st_ino, about.st_size, nanoseconds(about.st_mtim));
  };
  for (const auto& argument : arguments) {
    // Also the value in --flag=value.
    const auto value = argument.starts_with('-') ? argument.substr(argument.find('=') + 1) : argument;
    add(value);
    // And each of "a.gguf,b.gguf:0.5": adapters with their scales.
    for (const auto part : std::views::split(value, ',')) {
      const std::string piece(part.begin(), part.end());
      if (piece != value) add(piece);
      if (const auto colon = piece.rfind(':'); colon != std::string::npos) add(piece.substr(0, colon));
    }
  }
  return kv::hash(text);
}

Result<ProgramFile> find_program(const std::string& name, std::string_view search_path) {
  if (name.empty()) return fail(ErrorCode::invalid, "the engine's command is empty");
  if (name.contains('/')) {
    if (auto found = executable_at(name)) return *found;
    const int error = ::access(name.c_str(), X_OK) != 0 ? errno : EACCES;
    return fail(ErrorCode::not_found, fmt::format("cannot run {}: {}", name, reason_text(error)));
  }
  for (int folders = 0; folders < kSearchFoldersMax && !search_path.empty(); ++folders) {
    const auto folder = search_path.substr(0, search_path.find(':'));
    search_path.remove_prefix(std::min(folder.size() + 1, search_path.size()));
    if (folder.empty()) continue;  // would mean the current folder, which is nobody's intent for an engine
    if (auto found = executable_at(fmt::format("{}/{}", folder, name))) return *found;
  }
  return fail(ErrorCode::not_found, fmt::format("{} was not found on PATH", name));
}

}  // namespace signalbox::engine
