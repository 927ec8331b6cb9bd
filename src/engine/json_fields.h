// Reading single fields out of the engine's small JSON answers, where anything may be missing or of another
// type.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include <boost/json/value.hpp>

namespace signalbox::engine {

// Nothing if the text is no JSON, or is nested deeper than any answer of an engine.
[[nodiscard]] std::optional<boost::json::value> parse_json(std::string_view text);
// The value at the end of a path of object keys; null if there is none.
[[nodiscard]] const boost::json::value* find_field(const boost::json::value& from,
                                                   std::initializer_list<std::string_view> path);
[[nodiscard]] std::optional<std::uint64_t> find_count(const boost::json::value& from,
                                                      std::initializer_list<std::string_view> path);

}  // namespace signalbox::engine
