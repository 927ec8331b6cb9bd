#include "cli/bar.h"

#include <algorithm>
#include <cmath>

namespace signalbox::cli {
namespace {

std::size_t filled_cells(double share, std::size_t cells) {
  if (!(share > 0) || cells == 0) return 0;
  if (share >= 1) return cells;
  const auto rounded = static_cast<std::size_t>(std::lround(share * static_cast<double>(cells)));
  return std::clamp(rounded, std::size_t{1}, std::max<std::size_t>(cells - 1, 1));
}

}  // namespace

std::string bar(double share, std::size_t cells, Glyphs glyphs) {
  const std::size_t filled = filled_cells(share, cells);
  std::string text;
  for (std::size_t i = 0; i < cells; ++i) {
    if (glyphs == Glyphs::unicode)
      text += i < filled ? "█" : "░";
    else
      text += i < filled ? '#' : '.';
  }
  return text;
}

}  // namespace signalbox::cli
