// Where the engine of each epoch listens: written by the launcher, read by the upstream. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/id.h"

namespace signalbox::engine {

// A unix socket, or 127.0.0.1 with a port and a key for engines that are too old for one.
struct EngineAddress {
  std::string socket_path;
  std::uint16_t port = 0;
  std::string api_key;
};

class EngineAddresses {
 public:
  void set(Epoch epoch, EngineAddress address) { addresses_[epoch] = std::move(address); }
  void erase(Epoch epoch) { addresses_.erase(epoch); }
  [[nodiscard]] std::optional<EngineAddress> find(Epoch epoch) const {
    const auto found = addresses_.find(epoch);
    if (found == addresses_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<Epoch, EngineAddress> addresses_;  // one for each engine that lives
};

}  // namespace signalbox::engine
