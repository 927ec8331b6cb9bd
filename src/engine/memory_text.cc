#include "engine/memory_text.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace signalbox::engine {
namespace {

using std::string_view;

// Deeper than any service manager or container runtime nests them.
constexpr std::size_t kGroupLevelsMax = 32;
constexpr std::uint64_t kKiB = 1024;

// What stands behind the name on the first line that begins with it.
std::optional<string_view> rest_of_line(string_view text, string_view name) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(name)) return line.substr(name.size());
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

string_view trimmed(string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

template <class Number>
std::optional<Number> parse_whole(string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<ProcessMemory> memory_in(string_view text, string_view anonymous, string_view shared,
                                       string_view file) {
  const auto of_its_own = kib_field(text, anonymous);
  const auto of_shared = kib_field(text, shared);
  const auto of_files = kib_field(text, file);
  if (!of_its_own || !of_shared || !of_files) return std::nullopt;
  if (*of_its_own > std::numeric_limits<std::uint64_t>::max() - *of_shared) return std::nullopt;
  return ProcessMemory{.anonymous_bytes = *of_its_own + *of_shared, .file_bytes = *of_files};
}

bool names_memory(string_view controllers) {
  while (!controllers.empty()) {
    const auto name = controllers.substr(0, controllers.find(','));
    if (name == "memory") return true;
    controllers.remove_prefix(std::min(name.size() + 1, controllers.size()));
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> kib_field(string_view text, string_view name) {
  const auto rest = rest_of_line(text, std::string(name) + ":");
  if (!rest || !rest->ends_with(" kB")) return std::nullopt;
  const auto kib = parse_whole<std::uint64_t>(trimmed(rest->substr(0, rest->size() - 3)));
  if (!kib || *kib > std::numeric_limits<std::uint64_t>::max() / kKiB) return std::nullopt;
  return *kib * kKiB;
}

std::optional<std::uint64_t> stat_field(string_view text, string_view name) {
  const auto rest = rest_of_line(text, std::string(name) + " ");
  return rest ? parse_whole<std::uint64_t>(*rest) : std::nullopt;
}

std::optional<std::uint64_t> lone_number(string_view text) {
  return parse_whole<std::uint64_t>(trimmed(text));
}

std::vector<pid_t> process_numbers(string_view text) {
  std::vector<pid_t> numbers;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    const auto word = text.substr(0, text.find(' '));
    const auto number = parse_whole<pid_t>(word);
    if (!number || *number <= 0) break;
    numbers.push_back(*number);
    text.remove_prefix(word.size());
  }
  return numbers;
}

std::optional<ProcessMemory> memory_in_rollup(string_view text) {
  return memory_in(text, "Pss_Anon", "Pss_Shmem", "Pss_File");
}

std::optional<ProcessMemory> memory_in_status(string_view text) {
  return memory_in(text, "RssAnon", "RssShmem", "RssFile");
}

MemoryGroups memory_groups(string_view text) {
  MemoryGroups groups;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto first = line.find(':');
    const auto second = first == string_view::npos ? first : line.find(':', first + 1);
    if (second == string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const auto path = line.substr(second + 1);
    if (!path.starts_with('/')) continue;
    if (line.substr(0, first) == "0" && controllers.empty()) groups.v2 = path;
    if (names_memory(controllers)) groups.v1 = path;
  }
  return groups;
}

std::vector<std::string> with_all_above(string_view path) {
  std::vector<std::string> paths;
  const bool leaves_its_root = path.contains("/../") || path.ends_with("/..");
  while (!leaves_its_root && path.size() > 1 && paths.size() < kGroupLevelsMax) {
    paths.emplace_back(path);
    path = path.substr(0, path.rfind('/'));
  }
  paths.emplace_back();
  return paths;
}

std::optional<std::uint64_t> free_in(const GroupFigures& group) {
  if (!group.limit || !group.usage) return std::nullopt;
  const auto never_taken = *group.limit - std::min(*group.limit, *group.usage);
  // Not more than is used, whatever the other file says, and so the sum stays below the limit.
  return never_taken + std::min({group.reclaimable, *group.usage, *group.limit - never_taken});
}

}  // namespace signalbox::engine
