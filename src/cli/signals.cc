#include "cli/signals.h"

#include <algorithm>
#include <cstdint>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/assert.h"

namespace signalbox::cli {

TerminalSignals::TerminalSignals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGWINCH}) sigaddset(&taken, signal);
  SB_ASSERT(sigprocmask(SIG_BLOCK, &taken, &before_) == 0);
  descriptor_ = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
  SB_ASSERT(descriptor_ >= 0);
}

TerminalSignals::~TerminalSignals() {
  close(descriptor_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

TerminalSignals::Event TerminalSignals::wait_for(Duration time) {
  pollfd polled{.fd = descriptor_, .events = POLLIN, .revents = 0};
  // A time below zero would make poll wait for ever.
  const int milliseconds = static_cast<int>(std::max(to_ms(time), std::int64_t{0}));
  if (poll(&polled, 1, milliseconds) <= 0) return Event::none;
  signalfd_siginfo signal{};
  if (read(descriptor_, &signal, sizeof(signal)) != sizeof(signal)) return Event::none;
  switch (signal.ssi_signo) {
    case SIGTSTP:
      return Event::suspend;
    case SIGWINCH:
      return Event::resized;
    default:
      return Event::stop;
  }
}

}  // namespace signalbox::cli
