// The picture: whole, bounded however long the run, and safe whatever the models are called.
#include "simulate/plot.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/axis.h"
#include "simulate/synthetic.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Plot, ShowsALineAndATrackForEachPolicy) {
  const Workload workload{.trace = synthetic_trace({.models = 3, .requests = 500}), .users = {}};
  const auto settings = same_for_all(3, {});
  const auto ours = run(workload, settings, PolicyName::signalbox);
  const auto drain = run(workload, settings, PolicyName::drain);
  const auto svg = plot_svg({{"signalbox", &ours}, {"drain", &drain}}, workload.trace.models);
  EXPECT_EQ(count(svg, "<polyline"), 2U);
  EXPECT_THAT(svg, HasSubstr(">Active model, signalbox</text>"));
  EXPECT_THAT(svg, HasSubstr(">Active model, drain</text>"));
  EXPECT_THAT(svg, HasSubstr(">wait in s</text>"));
  EXPECT_THAT(svg, HasSubstr(">time in s</text>"));
  EXPECT_EQ(count(svg, ">model-2</text>"), 2U);
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(Plot, StaysSmallHoweverLongTheRun) {
  Outcome outcome;
  outcome.loads.resize(5000);
  TimePoint now{};
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const ModelIndex model(i % 5000);
    outcome.stays.push_back({.model = model, .from = now, .to = now + 1s});
    outcome.requests.push_back({.model = model, .fate = Fate::served, .arrived = now, .wait = 1s});
    now += 2s;
  }
  outcome.length = now.time_since_epoch();
  const auto svg = plot_svg({{"signalbox", &outcome}}, std::vector<std::string>(5000, "m"));
  EXPECT_LT(svg.size(), 400'000U);
}

TEST(Plot, EscapesNamesAndSurvivesAnEmptyRun) {
  Outcome outcome;
  outcome.loads.resize(1);
  const auto svg = plot_svg({{"signalbox", &outcome}}, {"<script>&\"\x01"});
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&amp;&quot; </text>"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_EQ(count(svg, "<polyline"), 0U);
}

TEST(TimeAxis, ChoosesItsUnitAndTicks) {
  const TimeAxis seconds(Duration(9s));
  EXPECT_THAT(seconds.ticks(), ElementsAre(0s, 2s, 4s, 6s, 8s, 10s));
  EXPECT_EQ(seconds.unit(), "s");
  EXPECT_EQ(seconds.label(2s), "2");
  const TimeAxis hours(Duration(36h));
  EXPECT_EQ(hours.unit(), "h");
  EXPECT_EQ(hours.label(hours.end()), "40");
  EXPECT_EQ(TimeAxis(Duration(11min)).unit(), "min");
  EXPECT_GT(TimeAxis(Duration(0)).end(), Duration(0));
  EXPECT_EQ(TimeAxis(Duration(300ms)).label(50ms), "0.05");
}

}  // namespace
}  // namespace signalbox::simulate
