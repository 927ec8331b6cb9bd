// Reads what Linux says of memory in /proc and in the folders of control groups (cgroups, versions 1 and 2).
// Pure: texts in, figures out. What is missing, damaged or too large for its type is none, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace signalbox::engine {

// A line `NAME: 123 kB`, as in /proc/meminfo, smaps_rollup and status; in bytes.
[[nodiscard]] std::optional<std::uint64_t> kib_field(std::string_view text, std::string_view name);
// A line `NAME 123`, as in a control group's memory.stat.
[[nodiscard]] std::optional<std::uint64_t> stat_field(std::string_view text, std::string_view name);
// A file that holds one number. None for `max`, which is how a control group says that there is no limit.
[[nodiscard]] std::optional<std::uint64_t> lone_number(std::string_view text);
// The process numbers in a file of /proc/PID/task/TID/children; ends at what is no number.
[[nodiscard]] std::vector<pid_t> process_numbers(std::string_view text);

struct ProcessMemory {
  std::uint64_t anonymous_bytes = 0;  // its own, or shared memory: gone from others until it lets go
  std::uint64_t file_bytes = 0;       // pages of files that it has mapped: part of the page cache
  friend bool operator==(const ProcessMemory&, const ProcessMemory&) = default;
};
// smaps_rollup: what several processes share is divided among them.
[[nodiscard]] std::optional<ProcessMemory> memory_in_rollup(std::string_view text);
// /proc/PID/status: what several processes share counts for each of them.
[[nodiscard]] std::optional<ProcessMemory> memory_in_status(std::string_view text);

// A process's control groups for memory, as paths below where each version is mounted.
struct MemoryGroups {
  std::optional<std::string> v2;
  std::optional<std::string> v1;
};
// /proc/PID/cgroup.
[[nodiscard]] MemoryGroups memory_groups(std::string_view text);
// "/a/b", "/a" and "": a path and all above it. Only "" for a path that leaves its root, which is what a
// process sees that was moved out of its namespace.
[[nodiscard]] std::vector<std::string> with_all_above(std::string_view path);

// What a control group's members may still take. `reclaimable`: page cache in it that nobody needs.
struct GroupFigures {
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> usage;
  std::uint64_t reclaimable = 0;
};
[[nodiscard]] std::optional<std::uint64_t> free_in(const GroupFigures& group);

}  // namespace signalbox::engine
