// The values that a setting can have, and their text forms: 15s, 64MiB, 1.0. Pure; knows no key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "config/api_key.h"

namespace signalbox::config {

using Words = std::vector<std::string>;
// monostate: not given, and there is no default. A number is a count, bytes, thousandths of a factor, or the
// place of a choice in its list.
using Value = std::variant<std::monostate, bool, std::uint64_t, Duration, std::string, Words, ApiKeys>;

// Each parser takes the whole text or nothing.
enum class BareNumber { refused, seconds };
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text,
                                                     BareNumber bare = BareNumber::refused);
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_thousandths(std::string_view text);

[[nodiscard]] std::string format_duration(Duration duration);             // 0, 200ms, 1.5s, 300s
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);              // 64MiB, 1000
[[nodiscard]] std::string format_thousandths(std::uint64_t thousandths);  // 1.0, 0.125
[[nodiscard]] std::string format_words(const Words& words);               // [--temp, "0.2"], secrets as ***

}  // namespace signalbox::config
