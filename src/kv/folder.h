// The private folder with the saved states: kv_dir. Mode 0700, files 0600, one server at a time, never a file
// outside of it. Everything here may block for as long as a disk does: before the loop runs, or on a
// FileThread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "kv/saved_states.h"

namespace signalbox::kv {

// Any thread, but one call at a time.
class Folder {
 public:
  // Makes the folder if it is missing, and its parents. Errors are sentences that begin with the path: not a
  // folder, a symbolic link, somebody else's, open to others, not writable, in use by another server.
  [[nodiscard]] static Result<Folder> open(const std::string& path);
  ~Folder();
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&&) = delete;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // What the engine is told to write and read: a name in path().
  [[nodiscard]] static std::string file_name(StateId id);

  // The states that an earlier server wrote down, the one used last at the end. What is not whole is removed.
  [[nodiscard]] std::vector<SavedState> read_back() const;
  // Removes every state. Files that are not ours stay.
  void clear() const;

  // Reads a state as the engine wrote it: its XXH3. Makes it private.
  [[nodiscard]] Result<std::uint64_t> seal(StateId id) const;
  // Reads a state: its XXH3, or an error if it is not a plain file of this size.
  [[nodiscard]] Result<std::uint64_t> checksum(StateId id, std::uint64_t bytes) const;
  // So that a later server finds the state: read_back. Replaces what was written down before.
  [[nodiscard]] Result<void> write_down(const SavedState& state) const;
  void remove(StateId id) const;
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;

 private:
  Folder(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;  // locked; -1 once moved from
};

}  // namespace signalbox::kv
