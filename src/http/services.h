// What the routes stand on, made once by app/ and shared by all of them. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/time.h"
#include "control/control.h"
#include "http/catalog.h"
#include "metrics/metrics.h"

namespace signalbox::http {

struct RouteOptions {
  Duration engine_timeout = std::chrono::seconds(120);
  std::size_t queued_bytes_max = std::size_t{1024} * 1024 * 1024;  // bodies held by all requests
  std::size_t events_clients_max = 64;
  bool list_aliases = false;
};

struct Services {
  control::Control& control;
  const Clock& clock;
  metrics::Metrics& metrics;
  Catalog catalog;
  RouteOptions options;
  std::int64_t started_at;     // seconds since 1970: `created` of the models
  std::string id_salt;         // random for each process, so that answer ids do not repeat over restarts
  std::size_t body_bytes = 0;  // held at the moment
  std::size_t events_clients = 0;
};

// Bytes of one request's body, counted in Services::body_bytes as long as this lives.
class HeldBytes {
 public:
  explicit HeldBytes(Services& services) : services_(services) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  ~HeldBytes() { release(); }

  // False when the limit of all requests together would be passed; nothing is added then.
  [[nodiscard]] bool add(std::size_t bytes) {
    if (services_.body_bytes + bytes > services_.options.queued_bytes_max) return false;
    services_.body_bytes += bytes;
    held_ += bytes;
    return true;
  }
  void release() { services_.body_bytes -= std::exchange(held_, 0); }

 private:
  Services& services_;
  std::size_t held_ = 0;
};

}  // namespace signalbox::http
