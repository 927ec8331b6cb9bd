#include "engine/runtime_folder.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace signalbox::engine {
namespace {

constexpr std::string_view kFallback = "/tmp";
constexpr std::string_view kPattern = "/signalbox-XXXXXX";

bool fits(std::string_view parent) {
  const auto longest =
      socket_path(fmt::format("{}{}", parent, kPattern), Epoch(std::numeric_limits<std::uint64_t>::max()));
  return longest.size() <= kSocketPathBytesMax;
}

// Nothing if it cannot be made there.
std::string make_in(std::string_view parent) {
  auto path = fmt::format("{}{}", parent, kPattern);
  return ::mkdtemp(path.data()) == nullptr ? std::string() : path;  // mkdtemp makes it 0700
}

}  // namespace

Result<RuntimeFolder> RuntimeFolder::make(std::string_view xdg_runtime_dir) {
  if (xdg_runtime_dir.starts_with('/') && fits(xdg_runtime_dir)) {
    if (auto path = make_in(xdg_runtime_dir); !path.empty()) return RuntimeFolder(std::move(path));
  }
  auto path = make_in(kFallback);
  if (path.empty()) {
    return fail(ErrorCode::io, fmt::format("cannot make a folder for the engine's socket in {}: {}",
                                           kFallback, std::generic_category().message(errno)));
  }
  return RuntimeFolder(std::move(path));
}

RuntimeFolder::RuntimeFolder(RuntimeFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

RuntimeFolder::~RuntimeFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // what cannot be removed is an empty socket in a private folder
  std::filesystem::remove_all(path_, ignored);
}

std::string socket_path(std::string_view folder, Epoch epoch) {
  return fmt::format("{}/engine-{}.sock", folder, epoch.value());
}

}  // namespace signalbox::engine
