// "Did you mean": the known word nearest to one that is not known. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::config {

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

// None if nothing known is near: more than a third of the word would have to change. Ties: the earlier one.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);

// "; did you mean X?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace signalbox::config
