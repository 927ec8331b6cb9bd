#include "measure/chart.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "simulate/axis.h"
#include "simulate/chart_style.h"
#include "simulate/svg.h"

namespace signalbox::measure {
namespace {

using simulate::Anchor;
using simulate::kChartColours;
using simulate::Point;

constexpr double kWidth = 960;
constexpr double kHeight = 420;
constexpr double kLeft = 80;  // of the axes
constexpr double kRight = 940;
constexpr double kTop = 70;
constexpr double kBottom = 370;
constexpr double kDot = 4;             // its side
constexpr double kLegendStep = 145;    // from name to name
constexpr std::size_t kLabelMax = 18;  // characters of a name
constexpr std::array kTickSteps = {1, 2, 5};
constexpr double kTicksMax = 10;

Duration longest_of(const Chart& chart) {
  Duration longest{0};
  for (const auto& series : chart.series) {
    for (const auto& point : series.points) longest = std::max(longest, point.y);
  }
  return longest;
}

double x_end_of(const Chart& chart) {
  double end = 1;
  for (const auto& series : chart.series) {
    for (const auto& point : series.points) end = std::max(end, point.x);
  }
  return end;
}

// Whole numbers of which no more than kTicksMax fit.
double tick_step(double end) {
  for (double decade = 1;; decade *= 10) {
    for (const int factor : kTickSteps) {
      if (end <= decade * factor * kTicksMax) return decade * factor;
    }
  }
}

// By bytes, but not within a character.
std::string label_of(const std::string& name) {
  if (name.size() <= kLabelMax) return name;
  std::size_t end = kLabelMax;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end) + "..";
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart)
      : chart_(chart),
        y_(longest_of(chart)),
        x_end_(x_end_of(chart)),
        svg_(kWidth, kHeight, chart.title, simulate::kChartStyle) {}

  std::string draw() && {
    svg_.rectangle({0, 0}, kWidth, kHeight, "back");
    draw_legend();
    draw_axes();
    // The first one lies on top.
    for (std::size_t i = chart_.series.size(); i-- > 0;) draw_series(i);
    return std::move(svg_).finished();
  }

 private:
  [[nodiscard]] static std::size_t colour_of(std::size_t series) {
    return std::min(series, kChartColours - 1);
  }
  [[nodiscard]] Point at(const ChartPoint& point) const {
    return {.x = kLeft + point.x / x_end_ * (kRight - kLeft),
            .y = kBottom - y_.share(point.y) * (kBottom - kTop)};
  }

  void draw_legend() {
    svg_.text({kLeft, 22}, Anchor::start, chart_.title, "head");
    const std::size_t named = std::min(chart_.series.size(), kChartColours);
    for (std::size_t i = 0; i < named; ++i) {
      const double x = kLeft + kLegendStep * static_cast<double>(i);
      const bool is_shared = i + 1 == kChartColours && chart_.series.size() > kChartColours;
      svg_.rectangle({x, 36}, 18, 4, fmt::format("box{}", i));
      svg_.text({x + 24, 43}, Anchor::start, is_shared ? "others" : label_of(chart_.series[i].name), "word");
    }
  }

  void draw_axes() {
    for (const auto tick : y_.ticks()) {
      const double y = at({.x = 0, .y = tick}).y;
      svg_.line({kLeft, y}, {kRight, y}, "grid");
      svg_.text({kLeft - 8, y + 4}, Anchor::end, y_.label(tick), "word");
    }
    svg_.text({kLeft - 8, kTop - 12}, Anchor::end, fmt::format("in {}", y_.unit()), "word");
    const double step = tick_step(x_end_);
    const auto ticks = static_cast<std::size_t>(x_end_ / step);
    for (std::size_t i = 0; i <= ticks; ++i) {
      const double tick = step * static_cast<double>(i);
      const double x = at({.x = tick, .y = Duration{0}}).x;
      svg_.text({x, kBottom + 16}, Anchor::middle, fmt::format("{:g}", tick), "word");
    }
    svg_.line({kLeft, kBottom}, {kRight, kBottom}, "axis");
    svg_.line({kLeft, kTop}, {kLeft, kBottom}, "axis");
    svg_.text({kRight, kBottom + 36}, Anchor::end, chart_.x_label, "word");
  }

  void draw_series(std::size_t index) {
    std::vector<Point> points;
    for (const auto& point : chart_.series[index].points) points.push_back(at(point));
    const auto colour = colour_of(index);
    if (chart_.marks == Chart::Marks::connected) svg_.polyline(points, fmt::format("line{}", colour));
    for (const auto& point : points) {
      svg_.rectangle({point.x - kDot / 2, point.y - kDot / 2}, kDot, kDot, fmt::format("box{}", colour));
    }
  }

  const Chart& chart_;
  simulate::TimeAxis y_;
  double x_end_;
  simulate::Svg svg_;
};

}  // namespace

std::string chart_svg(const Chart& chart) {
  return Drawing(chart).draw();
}

}  // namespace signalbox::measure
