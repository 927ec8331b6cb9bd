// The private folder in which engines put their sockets: mode 0700, under $XDG_RUNTIME_DIR or /tmp, removed
// at the end. The folder's permissions are the engine's access control. Made by app/ at start, outlives the
// launcher.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"

namespace signalbox::engine {

// What fits into sockaddr_un, without its terminating zero.
inline constexpr std::size_t kSocketPathBytesMax = 107;

class RuntimeFolder {
 public:
  // `xdg_runtime_dir`: the variable's value, empty if it is not set. One that cannot be used is passed over
  // for /tmp.
  [[nodiscard]] static Result<RuntimeFolder> make(std::string_view xdg_runtime_dir);
  ~RuntimeFolder();
  RuntimeFolder(RuntimeFolder&& other) noexcept;
  RuntimeFolder& operator=(RuntimeFolder&&) = delete;
  RuntimeFolder(const RuntimeFolder&) = delete;
  RuntimeFolder& operator=(const RuntimeFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit RuntimeFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;  // empty once moved from
};

// A new name for each engine: one that was killed leaves its socket behind, and llama-server does not bind
// over it.
[[nodiscard]] std::string socket_path(std::string_view folder, Epoch epoch);

}  // namespace signalbox::engine
