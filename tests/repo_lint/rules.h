// The rules of this repository that no compiler checks: which folder may include which, what is banned where,
// how a file looks. Pure: a file's path and text in, findings out. Called by repo_lint.cc and by the tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::lint {

struct Finding {
  std::string path;
  std::size_t line = 0;  // from 1
  std::string message;
};

inline constexpr std::size_t kFileLinesMax = 600;

// Whether the rules have anything to say about a file of this name.
[[nodiscard]] bool is_checked(std::string_view path);

// `path` is relative to the repository's root, with '/'. `has_header` tells whether a .cc file has a .h
// beside it that carries the description of both.
enum class Beside { nothing, header };
[[nodiscard]] std::vector<Finding> check_file(std::string_view path, std::string_view text, Beside beside);

}  // namespace signalbox::lint
