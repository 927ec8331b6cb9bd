// The questions about files that are asked before an engine starts: can this model be loaded, and which
// program is meant. Both may block for as long as a disk or network does: call them on the FileThread, never
// on the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signalbox::engine {

// Which file it is: another one under the same name is another model.
struct ModelFile {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const ModelFile&, const ModelFile&) = default;
};

// The files that an engine is started with. Which they are decides whether its saved states suit.
struct ModelFiles {
  ModelFile model;
  std::uint64_t named_in_arguments = 0;  // a hash of which files those are, such as adapters
  friend bool operator==(const ModelFiles&, const ModelFiles&) = default;
};

// There, a regular file, readable, begins like a GGUF file. The error is a sentence that begins with the
// path.
[[nodiscard]] Result<ModelFile> check_model_file(const std::string& path);
// Which file is there now; none if it is no regular one.
[[nodiscard]] std::optional<ModelFile> look_at_file(const std::string& path);
// A hash of the identities of the files that arguments name, alone or in a list such as "a.gguf,b.gguf:0.5".
[[nodiscard]] std::uint64_t identify_files(const std::vector<std::string>& arguments);

// Which program file it is: another one under the same name has other abilities.
struct ProgramFile {
  std::string path;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const ProgramFile&, const ProgramFile&) = default;
};

// A name with a slash is a path; any other is looked up in `search_path`, which has the form of PATH.
[[nodiscard]] Result<ProgramFile> find_program(const std::string& name, std::string_view search_path);

}  // namespace signalbox::engine
