#include "simulate/svg.h"

#include <fmt/format.h>

namespace signalbox::simulate {
namespace {

// Also control characters, which XML does not allow at all, become spaces.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return result;
}

std::string_view word(Anchor anchor) {
  switch (anchor) {
    case Anchor::start:
      return "start";
    case Anchor::middle:
      return "middle";
    case Anchor::end:
      return "end";
  }
  return "start";
}

}  // namespace

Svg::Svg(double width, double height, std::string_view title, std::string_view style)
    : body_(fmt::format(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
          "viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n",
          width, height, escaped(title), style)) {}

void Svg::rectangle(Point corner, double width, double height, std::string_view css_class) {
  body_ += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
                       css_class, corner.x, corner.y, width, height);
}

void Svg::line(Point from, Point to, std::string_view css_class) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                       css_class, from.x, from.y, to.x, to.y);
}

void Svg::polyline(const std::vector<Point>& points, std::string_view css_class) {
  if (points.size() < 2) return;
  body_ += fmt::format("<polyline class=\"{}\" points=\"", css_class);
  for (const auto& point : points) body_ += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  body_.back() = '"';
  body_ += "/>\n";
}

void Svg::text(Point at, Anchor anchor, std::string_view words, std::string_view css_class) {
  body_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n",
                       css_class, at.x, at.y, word(anchor), escaped(words));
}

std::string Svg::finished() && {
  return std::move(body_) + "</svg>\n";
}

}  // namespace signalbox::simulate
