// A picture as SVG text, a few shapes at a time. Knows nothing of what it shows; holds no script. Called by
// plot.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox::simulate {

struct Point {
  double x = 0;
  double y = 0;
};

enum class Anchor { start, middle, end };

class Svg {
 public:
  // `style` is the picture's own CSS; the shapes name its classes.
  Svg(double width, double height, std::string_view title, std::string_view style);

  void rectangle(Point corner, double width, double height, std::string_view css_class);
  void line(Point from, Point to, std::string_view css_class);
  // Nothing for fewer than two points.
  void polyline(const std::vector<Point>& points, std::string_view css_class);
  void text(Point at, Anchor anchor, std::string_view words, std::string_view css_class);
  [[nodiscard]] std::string finished() &&;

 private:
  std::string body_;
};

}  // namespace signalbox::simulate
