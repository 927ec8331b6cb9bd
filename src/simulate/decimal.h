// Durations as decimal seconds in text and back, exact to the microsecond. Not the configuration's durations:
// a trace is a table of numbers. Called by the readers and writers of this folder and by cli/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace signalbox::simulate {

// `12`, `12.5` or `0.000001`: digits, at most one point. What is finer than a microsecond is cut off. None
// for anything else (a sign, an exponent, an empty text) and above `max`.
[[nodiscard]] std::optional<Duration> parse_seconds(std::string_view text, Duration max);
// Whole numbers without a sign. None above `max`.
[[nodiscard]] std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t max);
// As `parse_seconds` reads it: 12.5 without the zeros that say nothing, 0 for zero.
[[nodiscard]] std::string format_seconds(Duration duration);

}  // namespace signalbox::simulate
