#include "engine/memory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace signalbox::engine {
namespace {

// Longer than any of them is; /proc gives no sizes.
constexpr std::size_t kFileBytesMax = std::size_t{64} * 1024;

// Empty if it is not there.
std::string read_file(const std::string& path) {
  std::string text(kFileBytesMax, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::uint64_t sum(std::uint64_t left, std::uint64_t right) {
  return left + std::min(right, std::numeric_limits<std::uint64_t>::max() - left);
}

struct GroupFiles {
  std::string folder;
  std::vector<std::string> limits;  // the least counts
  std::string usage;
  std::string of_stat;  // before names in its memory.stat, where those of the groups below count too
};

std::optional<std::uint64_t> least_of(std::optional<std::uint64_t> left, std::optional<std::uint64_t> right) {
  return left && right ? std::min(*left, *right) : (left ? left : right);
}

std::optional<std::uint64_t> read_free_in(const GroupFiles& files, std::uint64_t file_bytes_in_use) {
  GroupFigures group{.limit = {}, .usage = lone_number(read_file(files.folder + files.usage))};
  for (const auto& limit : files.limits) {
    group.limit = least_of(group.limit, lone_number(read_file(files.folder + limit)));
  }
  // All page cache, as MemAvailable has it. Pages that were used twice are active and can be had all the
  // same; those that a process has mapped may be on either list.
  const auto stat = read_file(files.folder + "/memory.stat");
  const auto listed = sum(stat_field(stat, files.of_stat + "inactive_file").value_or(0),
                          stat_field(stat, files.of_stat + "active_file").value_or(0));
  group.reclaimable = listed - std::min(listed, file_bytes_in_use);
  return free_in(group);
}

// A group that is not there is no limit: a container sees its own group as the root, and may still be told
// the path that the host knows.
std::vector<GroupFiles> own_groups(const std::string& root) {
  const auto groups = memory_groups(read_file(root + "/proc/self/cgroup"));
  std::vector<GroupFiles> files;
  for (const auto& level : groups.v2 ? with_all_above(*groups.v2) : std::vector<std::string>()) {
    files.push_back({.folder = root + "/sys/fs/cgroup" + level,
                     .limits = {"/memory.max", "/memory.high"},
                     .usage = "/memory.current",
                     .of_stat = ""});
  }
  for (const auto& level : groups.v1 ? with_all_above(*groups.v1) : std::vector<std::string>()) {
    files.push_back({.folder = root + "/sys/fs/cgroup/memory" + level,
                     .limits = {"/memory.limit_in_bytes"},
                     .usage = "/memory.usage_in_bytes",
                     .of_stat = "total_"});
  }
  return files;
}

std::optional<ProcessMemory> memory_of_one(pid_t process, const std::string& root) {
  const auto folder = fmt::format("{}/proc/{}", root, process);
  if (const auto memory = memory_in_rollup(read_file(folder + "/smaps_rollup"))) return memory;
  return memory_in_status(read_file(folder + "/status"));
}

// Each thread has its own children.
void add_children(pid_t process, const std::string& root, std::vector<pid_t>& to) {
  std::error_code error;
  std::filesystem::directory_iterator threads(fmt::format("{}/proc/{}/task", root, process), error);
  for (std::size_t seen = 0; !error && threads != std::filesystem::directory_iterator() && seen < kThreadsMax;
       ++seen, threads.increment(error)) {
    std::ranges::copy(process_numbers(read_file(threads->path().string() + "/children")),
                      std::back_inserter(to));
  }
}

}  // namespace

std::optional<std::uint64_t> free_memory(std::uint64_t file_bytes_in_use, const std::string& root) {
  auto least = kib_field(read_file(root + "/proc/meminfo"), "MemAvailable");
  if (least) *least -= std::min(*least, file_bytes_in_use);
  for (const auto& files : own_groups(root)) {
    const auto free = read_free_in(files, file_bytes_in_use);
    least = least_of(least, free);
  }
  return least;
}

std::optional<ProcessMemory> memory_of(pid_t process, const std::string& root) {
  auto total = memory_of_one(process, root);
  if (!total) return std::nullopt;
  std::set<pid_t> seen{process};
  std::vector<pid_t> open;
  add_children(process, root, open);
  while (!open.empty() && seen.size() < kProcessesMax) {
    const auto next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    const auto memory = memory_of_one(next, root).value_or(ProcessMemory());  // gone by now
    total->anonymous_bytes = sum(total->anonymous_bytes, memory.anonymous_bytes);
    total->file_bytes = sum(total->file_bytes, memory.file_bytes);
    add_children(next, root, open);
  }
  return total;
}

}  // namespace signalbox::engine
