// Text at the border to JSON: foreign bytes made fit for a JSON string, and one JSON string read back.
// Writing strings is base/json_escape's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signalbox::api {

// The text with U+FFFD for each byte that is not UTF-8: an engine's last words may hold anything.
[[nodiscard]] std::string valid_utf8(std::string_view text);

// What a quoted JSON string says; none if it is not one.
[[nodiscard]] std::optional<std::string> decode_json_string(std::string_view quoted);

}  // namespace signalbox::api
