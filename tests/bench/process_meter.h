// What a process used, as /proc tells it, and where it may run.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace signalbox::bench {

// All threads together, in nanoseconds of CPU.
[[nodiscard]] std::uint64_t cpu_ns(pid_t pid);
// All of its threads, and those that they start.
void pin(pid_t pid, int core);
// Not on this core, if there is another.
void keep_off(pid_t pid, int core);
// For the clients of thousands of connections: to the hard limit.
void raise_own_descriptor_limit();

}  // namespace signalbox::bench
