// Reads the engine's answer to `GET /slots`. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signalbox::engine {

struct SlotList {
  std::uint32_t busy = 0;           // how many work
  std::vector<std::uint32_t> idle;  // the others, by the engine's numbers, which are their places in the list
};

// `invalid` if the text is no list of slots.
[[nodiscard]] Result<SlotList> read_slots(std::string_view body);

}  // namespace signalbox::engine
