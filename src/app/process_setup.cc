#include "app/process_setup.h"

#include <csignal>
#include <sys/resource.h>

#include "base/log.h"

namespace signalbox::app {

namespace {

// Engines' pipes, upstream connections, the log, the listener.
constexpr std::size_t kDescriptorReserve = 256;

}  // namespace

void raise_descriptor_limit(std::size_t connections_max) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= connections_max + kDescriptorReserve) return;
  log::warning("few descriptors",
               {{"limit", limit.rlim_cur},
                {"wanted", connections_max + kDescriptorReserve},
                {"hint", "raise the hard limit (ulimit -Hn) or lower server.max_connections"}});
}

void ignore_failed_writes() {
  std::signal(SIGPIPE, SIG_IGN);
  // A log that has reached the limit on the size of files.
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace signalbox::app
