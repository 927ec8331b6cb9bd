// Which server `status` and `select` talk to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox::cli {

struct ServerAddress {
  std::string host;  // a name or an address without brackets
  std::uint16_t port = 80;
  std::string socket_path;  // not empty: a unix socket, and host and port mean nothing
  std::string api_key{};    // to send along; empty: none. Never shown.

  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

// http://127.0.0.1:8080, 127.0.0.1:8080, http://[::1]:8080/ or unix:/run/signalbox.sock
[[nodiscard]] Result<ServerAddress> parse_server_address(std::string_view text);
// Where a client finds a server that listens there: the loopback address for 0.0.0.0 and ::.
[[nodiscard]] Result<ServerAddress> address_of_listen(std::string_view listen);
// As in "no server at http://127.0.0.1:8080".
[[nodiscard]] std::string to_string(const ServerAddress& address);

}  // namespace signalbox::cli
