// The id that ties an answer, its log lines and the client's own records together (header X-Request-Id). Not
// a secret, and not base/id.h's RequestId, which counts requests inside this process.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signalbox::http {

// The client's own id if it matches [A-Za-z0-9._-]{1,64}, else a new one.
[[nodiscard]] std::string choose_request_id(std::optional<std::string_view> from_client);
// "req-" and 128 random bits of the system: unique without a counter, and nobody can guess another's.
[[nodiscard]] std::string make_request_id();

}  // namespace signalbox::http
