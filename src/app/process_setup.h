// What the process needs from the system before it serves: descriptors and quiet signals.
#pragma once

#include <cstddef>

namespace signalbox::app {

// Raises the soft limit of open files to the hard one and warns if that is less than `connections_max` plus a
// reserve.
void raise_descriptor_limit(std::size_t connections_max);
// Writing to a closed pipe or socket, or beyond the limit on a file's size, is an error value and not a
// signal: Asio does not see to it on Linux.
void ignore_failed_writes();

}  // namespace signalbox::app
