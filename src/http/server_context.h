// What all connections of one server share. Owned by the server and kept alive by its connections. Loop
// thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "http/log_limiter.h"
#include "http/router.h"
#include "http/server.h"
#include "http/wire.h"
#include "metrics/metrics.h"

namespace signalbox::http {

// Read at once: of a head or of what comes after a request, and of a body (each piece is one slice of work
// for the loop).
inline constexpr std::size_t kHeadPieceBytes = std::size_t{4} * 1024;
inline constexpr std::size_t kBodyPieceBytes = std::size_t{64} * 1024;

// Lines that clients can cause at will: this many in each interval.
inline constexpr std::uint32_t kBadInputLinesMax = 20;
inline constexpr auto kBadInputLinesInterval = std::chrono::seconds(10);

struct ServerContext {
  ServerOptions options;
  const Clock& clock;
  metrics::Metrics& metrics;
  Router router;
  Access access{options.access};
  bool draining = false;
  LogLimiter bad_input_lines{kBadInputLinesMax, kBadInputLinesInterval};

  // While a head is awaited, and while a request waits or streams.
  [[nodiscard]] Wire::ReadBounds head_bounds() const {
    return {.total = options.header_bytes_max, .piece = kHeadPieceBytes};
  }
};

}  // namespace signalbox::http
