// Names other than localhost are refused: they may resolve to anything.
#include "config/listen.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <limits>
#include <optional>

#include <fmt/core.h>

#include "config/value.h"

namespace signalbox::config {
namespace {

using Reach = ListenAddress::Reach;

std::optional<Reach> reach_of_v4(const std::string& host) {
  std::array<unsigned char, 4> bytes{};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes[0] == 127 ? Reach::loopback : Reach::others;
}

std::optional<Reach> reach_of_v6(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return std::nullopt;
  const bool starts_with_zeros =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char c) { return c == 0; });
  const bool is_one =
      starts_with_zeros &&
      std::all_of(bytes.begin() + 10, bytes.end() - 1, [](unsigned char c) { return c == 0; }) &&
      bytes.back() == 1;
  const bool is_mapped_loopback =
      starts_with_zeros && bytes[10] == 0xFF && bytes[11] == 0xFF && bytes[12] == 127;
  return is_one || is_mapped_loopback ? Reach::loopback : Reach::others;
}

std::unexpected<Error> refuse(std::string_view text) {
  return fail(
      ErrorCode::invalid,
      fmt::format(
          "is \"{}\"; HOST:PORT with an IP address or localhost, [IPV6]:PORT or unix:/path is allowed",
          text));
}

Result<ListenAddress> parse_unix(std::string_view path) {
  if (path.size() > kUnixPathBytesMax) {
    return fail(ErrorCode::invalid, fmt::format("has a socket path of {} bytes; at most {} are allowed",
                                                path.size(), kUnixPathBytesMax));
  }
  return ListenAddress{.reach = Reach::unix_socket, .host = std::string(path), .port = 0};
}

}  // namespace

Result<ListenAddress> parse_listen(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    const auto path = text.substr(kUnix.size());
    if (!path.starts_with('/')) return refuse(text);
    return parse_unix(path);
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(text);
  const auto port = parse_count(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return refuse(text);
  std::string host(text.substr(0, colon));
  std::optional<Reach> reach;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    reach = reach_of_v6(host);
  } else {
    reach = host == "localhost" ? Reach::loopback : reach_of_v4(host);
  }
  if (!reach) return refuse(text);
  return ListenAddress{.reach = *reach, .host = std::move(host), .port = static_cast<std::uint16_t>(*port)};
}

}  // namespace signalbox::config
