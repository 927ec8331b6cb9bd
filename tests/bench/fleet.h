// Thousands of clients that wait in streams, on one thread: each sends one request, then only reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace signalbox::bench {

// Not thread-safe. Connects to a TCP address on loopback.
class Fleet {
 public:
  Fleet(const std::string& address, std::size_t size, std::string_view request);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet();

  // Reads whatever comes for this long. Returns how many events came to all of them together.
  std::uint64_t read_for(Duration duration);
  // How many connections the other side has closed.
  [[nodiscard]] std::size_t ended() const { return ended_; }

 private:
  struct Client {
    int socket = -1;
  };
  std::uint64_t read(Client& client);

  int epoll_ = -1;
  std::vector<Client> clients_;
  std::size_t ended_ = 0;
};

}  // namespace signalbox::bench
