// How much memory there is to be had, and how much a process takes. Reads /proc and the control groups'
// files: never a disk, but a page table may be long, so an engine's memory is not for the loop thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "engine/memory_text.h"

namespace signalbox::engine {

// Of a process and all it has started.
inline constexpr std::size_t kProcessesMax = 256;
inline constexpr std::size_t kThreadsMax = 1024;  // of one process, looked at for those it has started

// Bytes that can be had without pushing out anything in use, on this machine and within the limits of this
// process's control groups. None where nothing can be read. Page cache counts as free, even an engine's
// mapped weights: what of it is in use all the same (ProcessMemory::file_bytes) is the caller's to say.
// `root`: where /proc and /sys are, for tests.
[[nodiscard]] std::optional<std::uint64_t> free_memory(std::uint64_t file_bytes_in_use = 0,
                                                       const std::string& root = "");
// Of the process and all its descendants. None if it is gone, or its memory cannot be read.
[[nodiscard]] std::optional<ProcessMemory> memory_of(pid_t process, const std::string& root = "");

}  // namespace signalbox::engine
