// Checks text before YAML sees it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace signalbox::config {

// Where the first byte stands that is not UTF-8 or a control character other than tab and line ends.
[[nodiscard]] std::optional<std::size_t> find_bad_byte(std::string_view text);

}  // namespace signalbox::config
