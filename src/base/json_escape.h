// One JSON string literal, for the few places that write JSON by hand.
#pragma once

#include <string>
#include <string_view>

namespace signalbox {

// Appends `text` as a JSON string with its quotes. Control characters, quotes and backslashes are escaped;
// other bytes pass, so valid UTF-8 stays valid.
void append_json_string(std::string& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace signalbox
