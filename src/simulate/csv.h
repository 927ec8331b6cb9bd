// One line of a comma separated table (RFC 4180, but no line breaks within a field). Called by trace.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::simulate {

// None if a quote is not closed, or something follows a closed one.
[[nodiscard]] std::optional<std::vector<std::string>> csv_fields(std::string_view line);
// The field as it stands in a line: in quotes if it has to be. Control characters become spaces.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace signalbox::simulate
