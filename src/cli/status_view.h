// The answer of GET /v1/models/status as text for a person. Pure; lenient: the server may be older or newer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::cli {

// None if it is no JSON object with a `status`.
[[nodiscard]] std::optional<std::string> status_text(std::string_view body, bool uses_colour);
// "big: loading 40 %, 1.2 s", for the line that `select --wait` rewrites. Empty if there is nothing to say.
[[nodiscard]] std::string progress_text(std::string_view body, std::string_view model);
// The message of an error answer, or what stands for it.
[[nodiscard]] std::string error_message(unsigned http_status, std::string_view body);

}  // namespace signalbox::cli
