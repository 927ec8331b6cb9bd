// Boost.URL takes the URL apart; the rest is which URLs are of use.
#include "cli/server_address.h"

#include <limits>
#include <utility>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/core.h>

#include "config/listen.h"
#include "config/value.h"

namespace signalbox::cli {
namespace {

constexpr std::string_view kUnix = "unix:";

std::unexpected<Error> refuse(std::string_view text) {
  return fail(ErrorCode::invalid,
              fmt::format("--server: is \"{}\"; http://HOST:PORT or unix:/path is allowed", text));
}

}  // namespace

Result<ServerAddress> parse_server_address(std::string_view text) {
  if (text.starts_with(kUnix)) {
    const auto path = text.substr(kUnix.size());
    if (path.empty() || path.size() > config::kUnixPathBytesMax) return refuse(text);
    return ServerAddress{.host = {}, .socket_path = std::string(path)};
  }
  const std::string with_scheme = text.contains("://") ? std::string(text) : "http://" + std::string(text);
  const auto parsed = boost::urls::parse_uri(with_scheme);
  if (!parsed || parsed->scheme() != "http" || parsed->encoded_host().empty()) return refuse(text);
  const bool has_more = (parsed->encoded_path() != "" && parsed->encoded_path() != "/") ||
                        parsed->has_query() || parsed->has_fragment() || parsed->has_userinfo();
  if (has_more) return refuse(text);
  ServerAddress address;
  address.host = parsed->host_address();
  if (!parsed->has_port()) return address;
  // Boost's own number wraps around.
  const auto port = config::parse_count(std::string(parsed->port()));
  if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max()) return refuse(text);
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

Result<ServerAddress> address_of_listen(std::string_view listen) {
  const auto parsed = config::parse_listen(listen);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->reach == config::ListenAddress::Reach::unix_socket)
    return ServerAddress{.host = {}, .socket_path = parsed->host};
  if (parsed->port == 0)
    return fail(ErrorCode::invalid, "the server takes any free port; name it with --server");
  std::string host = parsed->host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return ServerAddress{.host = std::move(host), .port = parsed->port, .socket_path = {}};
}

std::string to_string(const ServerAddress& address) {
  if (!address.socket_path.empty()) return std::string(kUnix) + address.socket_path;
  return address.host.contains(':') ? fmt::format("http://[{}]:{}", address.host, address.port)
                                    : fmt::format("http://{}:{}", address.host, address.port);
}

}  // namespace signalbox::cli
