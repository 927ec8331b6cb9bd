#include "measure/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::measure {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Chart, HasALineAndAMarkForEachPoint) {
  const auto svg =
      chart_svg({.title = "First token",
                 .x_label = "run",
                 .series = {{.name = "a <b>", .points = {{1, milliseconds(400)}, {2, milliseconds(800)}}},
                            {.name = "b", .points = {{1, milliseconds(500)}}}}});
  EXPECT_EQ(count_of(svg, "<polyline"), 1U) << "one point makes no line";
  EXPECT_EQ(count_of(svg, "<rect class=\"box0\""), 3U) << "two points and the legend";
  EXPECT_EQ(count_of(svg, "<rect class=\"box1\""), 2U);
  EXPECT_THAT(svg, HasSubstr("a &lt;b&gt;"));
  EXPECT_THAT(svg, HasSubstr(">run<"));
  // The longer one of 0.8 s ends on the axis's last tick, which is at the top.
  EXPECT_THAT(svg, HasSubstr("940.0,70.0"));
}

TEST(Chart, OfDotsHasNoLines) {
  const auto svg =
      chart_svg({.title = "t",
                 .x_label = "s",
                 .marks = Chart::Marks::dots,
                 .series = {{.name = "a", .points = {{1, milliseconds(1)}, {2, milliseconds(2)}}}}});
  EXPECT_THAT(svg, Not(HasSubstr("<polyline")));
}

TEST(Chart, SharesTheLastColour) {
  Chart chart{.title = "t", .x_label = "s"};
  for (int i = 0; i < 9; ++i) chart.series.push_back({.name = "m", .points = {{1, milliseconds(1)}}});
  const auto svg = chart_svg(chart);
  EXPECT_EQ(count_of(svg, ">others<"), 1U);
  EXPECT_EQ(count_of(svg, "<rect class=\"box5\""), 5U);
  EXPECT_THAT(svg, Not(HasSubstr("box6")));
}

TEST(Chart, OfNothingIsStillAPicture) {
  EXPECT_THAT(chart_svg({.title = "t", .x_label = "s"}), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace signalbox::measure
