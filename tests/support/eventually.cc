#include "support/eventually.h"

#include <poll.h>

namespace signalbox::test {
namespace {

// Between two questions. The only pause in all tests.
constexpr int kPollIntervalMs = 5;

}  // namespace

TimePoint now() {
  return SystemClock().now();
}

bool eventually(const std::function<bool()>& fact, Duration within) {
  const auto deadline = now() + within;
  while (!fact()) {
    if (now() >= deadline) return false;
    ::poll(nullptr, 0, kPollIntervalMs);
  }
  return true;
}

bool stays(const std::function<bool()>& fact, Duration duration) {
  return !eventually([&] { return !fact(); }, duration);
}

}  // namespace signalbox::test
