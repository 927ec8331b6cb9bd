// Walks a checkout and prints what breaks the rules of rules.h, one line each; status 1 if anything does. Run
// by ctest as `repo_lint ROOT`.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "repo_lint/rules.h"

namespace {

namespace lint = signalbox::lint;
namespace fs = std::filesystem;

// Not ours, or made by tools. The fixture breaks the rules on purpose.
constexpr std::array<std::string_view, 8> kSkippedFolders = {
    ".git", "build", "node_modules", ".venv", ".cache", "__pycache__", "fixture", ".ci-cache"};

std::vector<fs::path> files_under(const fs::path& root) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator();
       ++entry) {
    const auto name = entry->path().filename().string();
    if (entry->is_directory() && std::ranges::find(kSkippedFolders, name) != kSkippedFolders.end()) {
      entry.disable_recursion_pending();
    }
    if (entry->is_regular_file() && lint::is_checked(fs::relative(entry->path(), root).string()))
      files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !fs::is_directory(argv[1])) {
    fmt::print(stderr, "usage: repo_lint ROOT\n");
    return 2;
  }
  const fs::path root = argv[1];
  std::size_t count = 0;
  const auto files = files_under(root);
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    const bool has_header = file.extension() == ".cc" && fs::exists(fs::path(file).replace_extension(".h"));
    const auto beside = has_header ? lint::Beside::header : lint::Beside::nothing;
    for (const auto& finding : lint::check_file(fs::relative(file, root).string(), text, beside)) {
      fmt::print("{}:{}: {}\n", finding.path, finding.line, finding.message);
      ++count;
    }
  }
  fmt::print("{} files, {} findings\n", files.size(), count);
  return count == 0 && !files.empty() ? 0 : 1;
}
