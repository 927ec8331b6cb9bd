// The address in server.listen, taken apart. Pure; resolves nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signalbox::config {

// What fits into a sockaddr_un with its NUL.
constexpr std::size_t kUnixPathBytesMax = 107;

struct ListenAddress {
  enum class Reach { loopback, others, unix_socket };

  Reach reach = Reach::loopback;
  std::string host;  // without brackets; of a unix socket its path
  std::uint16_t port = 0;
};

// The error is the "what was found; what is allowed" of a config error.
[[nodiscard]] Result<ListenAddress> parse_listen(std::string_view text);

}  // namespace signalbox::config
