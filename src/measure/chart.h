// Durations as one picture: marks for each series, over a count or over a time. Readable on a light and on a
// dark page. Pure text; cli/ writes the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace signalbox::measure {

struct ChartPoint {
  double x = 0;  // in the unit of the chart's axis, not below 0
  Duration y{0};
};

struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points{};
};

struct Chart {
  std::string_view title;
  std::string_view x_label;
  enum class Marks { dots, connected };
  Marks marks = Marks::connected;
  std::vector<ChartSeries> series{};
};

// As many series as there are colours have their own; the others share the last one, as "others".
[[nodiscard]] std::string chart_svg(const Chart& chart);

}  // namespace signalbox::measure
