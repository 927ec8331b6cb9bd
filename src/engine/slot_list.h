// Reads the engine's answer to `GET /slots`. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace signalbox::engine {

// How many slots work. `invalid` if the text is no list of slots.
[[nodiscard]] Result<std::uint32_t> count_busy_slots(std::string_view body);

}  // namespace signalbox::engine
