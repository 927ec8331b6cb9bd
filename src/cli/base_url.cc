#include "cli/base_url.h"

#include <algorithm>

#include <fmt/core.h>

namespace signalbox::cli {
namespace {

constexpr std::string_view kStandardPath = "/v1";
constexpr std::string_view kScheme = "http://";

std::unexpected<Error> refuse(std::string_view text) {
  const std::string_view why =
      text.starts_with("https:") ? "; there is no TLS here, so name the server behind the proxy" : "";
  return fail(
      ErrorCode::invalid,
      fmt::format("is \"{}\"; http://HOST:PORT, http://HOST:PORT/v1 or unix:/path is allowed{}", text, why));
}

// It goes into a request's first line as it is.
bool is_plain(std::string_view path) {
  return std::ranges::all_of(
      path, [](char c) { return c > ' ' && c < '\x7F' && c != '?' && c != '#' && c != '"' && c != '\\'; });
}

}  // namespace

Result<BaseUrl> parse_base_url(std::string_view text) {
  std::string_view server = text;
  std::string_view path;
  if (!text.starts_with("unix:")) {
    const auto begin = text.starts_with(kScheme) ? kScheme.size() : 0;
    const auto slash = text.find('/', begin);
    if (slash != std::string_view::npos && !text.starts_with("https:")) {
      server = text.substr(0, slash);
      path = text.substr(slash);
    }
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto address = parse_server_address(server);
  if (!address || !is_plain(path)) return refuse(text);
  const bool is_socket = !address->socket_path.empty();
  return BaseUrl{.address = *address,
                 .path = std::string(path.empty() ? kStandardPath : path),
                 .host = is_socket ? "localhost" : to_string(*address).substr(kScheme.size()),
                 .text = std::string(text)};
}

}  // namespace signalbox::cli
