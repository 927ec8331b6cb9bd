// Where an OpenAI-compatible server is, as its clients are told: with the path under which the routes lie.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/server_address.h"

namespace signalbox::cli {

struct BaseUrl {
  ServerAddress address;
  std::string path;  // what stands before /chat/completions: "/v1"
  std::string host;  // for the Host header
  std::string text;  // as it was given

  friend bool operator==(const BaseUrl&, const BaseUrl&) = default;
};

// http://HOST:PORT, with or without /v1, or with any other path, which is then taken as it is; or unix:/path.
// The error is a clause without the option's name.
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace signalbox::cli
