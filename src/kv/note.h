// A saved state written down as JSON, so that a later server finds it (kv_persist).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kv/saved_states.h"

namespace signalbox::kv {

// Needs the checksum. The id is not in it: it is the file's name.
[[nodiscard]] std::string format_note(const SavedState& state);
// None if it is not one, or of a version that this program does not know.
[[nodiscard]] std::optional<SavedState> parse_note(std::string_view text);

}  // namespace signalbox::kv
