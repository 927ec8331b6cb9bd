#include "cli/status_words.h"

#include <fmt/core.h>

namespace signalbox::cli {

std::string count_text(std::optional<double> count) {
  return count ? fmt::format("{:.0f}", *count) : "-";
}

std::string seconds_text(std::optional<double> ms) {
  return ms ? fmt::format("{:.1f} s", *ms / 1000) : "-";
}

std::string percent_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

Colour colour_of_status(std::string_view status) {
  if (status == "ready") return Colour::green;
  if (status == "error" || status == "quarantined") return Colour::red;
  if (status == "idle" || status == "unloaded") return Colour::dim;
  return Colour::yellow;
}

}  // namespace signalbox::cli
