#include "simulate/plot.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/assert.h"
#include "simulate/axis.h"
#include "simulate/chart_style.h"
#include "simulate/svg.h"

namespace signalbox::simulate {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 110;  // of the axes
constexpr double kRight = 940;
constexpr double kTop = 60;
constexpr double kChartHeight = 280;
constexpr double kGap = 56;  // between charts: an axis with its words
constexpr double kLaneHeightMax = 16;
constexpr double kTracksHeight = 240;
constexpr double kLabelledLane = 10;   // from this height on a lane has its model's name
constexpr std::size_t kLabelMax = 16;  // characters of it
constexpr std::size_t kColumns = 240;  // of the time, one point of the line each

double lane_height(std::size_t lanes) {
  return std::min(kLaneHeightMax, kTracksHeight / static_cast<double>(lanes));
}

class Plot {
 public:
  Plot(const std::vector<PlotSeries>& series, const std::vector<std::string>& models)
      : series_(series),
        models_(models),
        lanes_(std::min(models.size(), kPlotLanesMax)),
        time_(longest_run()),
        wait_(longest_wait()),
        svg_(kWidth, height(), "Waits and active models over time", kChartStyle) {}

  std::string draw() && {
    svg_.rectangle({0, 0}, kWidth, height(), "back");
    draw_legend();
    draw_waits();
    for (std::size_t i = 0; i < series_.size(); ++i) draw_track(i);
    return std::move(svg_).finished();
  }

 private:
  [[nodiscard]] Duration longest_run() const {
    Duration longest{0};
    for (const auto& one : series_) longest = std::max(longest, one.outcome->length);
    return longest;
  }
  [[nodiscard]] Duration longest_wait() const {
    Duration longest{0};
    for (const auto& one : series_) {
      for (const auto& request : one.outcome->requests) {
        if (request.fate == Fate::served) longest = std::max(longest, request.wait);
      }
    }
    return longest;
  }
  [[nodiscard]] double track_height() const { return lane_height(lanes_) * static_cast<double>(lanes_); }
  [[nodiscard]] double track_top(std::size_t index) const {
    return kTop + kChartHeight + kGap + static_cast<double>(index) * (track_height() + kGap);
  }
  [[nodiscard]] double height() const { return track_top(series_.size()); }
  [[nodiscard]] double x_of(Duration time) const { return kLeft + time_.share(time) * (kRight - kLeft); }
  [[nodiscard]] double y_of(Duration wait) const { return kTop + kChartHeight * (1 - wait_.share(wait)); }

  void draw_legend() {
    svg_.text({kLeft, 22}, Anchor::start, "Longest wait of those who came then", "head");
    double x = kLeft;
    for (std::size_t i = 0; i < series_.size(); ++i) {
      svg_.rectangle({x, 34}, 18, 4, fmt::format("box{}", i));
      svg_.text({x + 24, 41}, Anchor::start, series_[i].name, "word");
      x += 120;
    }
  }

  void draw_time_axis(double top, double bottom) {
    for (const auto tick : time_.ticks()) {
      svg_.line({x_of(tick), top}, {x_of(tick), bottom}, "grid");
      svg_.text({x_of(tick), bottom + 15}, Anchor::middle, time_.label(tick), "word");
    }
    svg_.line({kLeft, bottom}, {kRight, bottom}, "axis");
    svg_.text({kRight, bottom + 30}, Anchor::end, fmt::format("time in {}", time_.unit()), "word");
  }

  void draw_waits() {
    draw_time_axis(kTop, kTop + kChartHeight);
    for (const auto tick : wait_.ticks()) {
      svg_.line({kLeft, y_of(tick)}, {kRight, y_of(tick)}, "grid");
      svg_.text({kLeft - 8, y_of(tick) + 4}, Anchor::end, wait_.label(tick), "word");
    }
    svg_.line({kLeft, kTop}, {kLeft, kTop + kChartHeight}, "axis");
    svg_.text({kLeft - 8, kTop - 12}, Anchor::end, fmt::format("wait in {}", wait_.unit()), "word");
    // The first one lies on top.
    for (std::size_t i = series_.size(); i-- > 0;) {
      svg_.polyline(wait_line(*series_[i].outcome), fmt::format("line{}", i));
    }
  }

  // Of each column of time in which somebody came who was served.
  [[nodiscard]] std::vector<Point> wait_line(const Outcome& outcome) const {
    std::vector<std::optional<Duration>> longest(kColumns);
    for (const auto& request : outcome.requests) {
      if (request.fate != Fate::served) continue;
      const auto share = time_.share(request.arrived.time_since_epoch());
      const auto column = std::min(static_cast<std::size_t>(share * kColumns), kColumns - 1);
      longest[column] = std::max(longest[column].value_or(Duration{0}), request.wait);
    }
    std::vector<Point> points;
    for (std::size_t column = 0; column < kColumns; ++column) {
      if (!longest[column]) continue;
      const double share = (static_cast<double>(column) + 0.5) / kColumns;
      points.push_back({.x = kLeft + share * (kRight - kLeft), .y = y_of(*longest[column])});
    }
    return points;
  }

  void draw_track(std::size_t index) {
    const double top = track_top(index);
    const double lane = lane_height(lanes_);
    draw_time_axis(top, top + track_height());
    svg_.text({kLeft, top - 8}, Anchor::start, fmt::format("Active model, {}", series_[index].name), "head");
    if (lane >= kLabelledLane) {
      for (std::size_t i = 0; i < lanes_; ++i) {
        svg_.text({kLeft - 8, top + lane * (static_cast<double>(i) + 0.8)}, Anchor::end, label_of(i), "word");
      }
    } else {
      svg_.text({kLeft - 8, top + 12}, Anchor::end, fmt::format("{} models", models_.size()), "word");
    }
    for (const auto& [number, from, to] : boxes(*series_[index].outcome)) {
      svg_.rectangle({from, top + lane * static_cast<double>(number)}, to - from, lane,
                     fmt::format("box{}", index));
    }
  }

  [[nodiscard]] std::string label_of(std::size_t lane) const {
    if (lane + 1 == lanes_ && models_.size() > lanes_) return "others";
    // By bytes, but not within a character.
    std::string name = models_[lane];
    if (name.size() <= kLabelMax) return name;
    std::size_t end = kLabelMax;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
    return name.substr(0, end) + "..";
  }

  struct Box {
    std::size_t lane = 0;
    double from = 0;
    double to = 0;
  };
  // A stay is at least half a pixel wide; one that touches the last of its lane makes that one longer.
  [[nodiscard]] std::vector<Box> boxes(const Outcome& outcome) const {
    constexpr double kLeast = 0.5;
    std::vector<std::optional<Box>> open(lanes_);
    std::vector<Box> done;
    for (const auto& stay : outcome.stays) {
      const auto lane = std::min(to_index(stay.model), lanes_ - 1);
      const double from = x_of(stay.from.time_since_epoch());
      const double to = std::max(x_of(stay.to.time_since_epoch()), from + kLeast);
      auto& last = open[lane];
      if (last && from <= last->to + kLeast) {
        last->to = to;
        continue;
      }
      if (last) done.push_back(*last);
      last = Box{.lane = lane, .from = from, .to = to};
    }
    for (const auto& last : open) {
      if (last) done.push_back(*last);
    }
    return done;
  }

  const std::vector<PlotSeries>& series_;
  const std::vector<std::string>& models_;
  std::size_t lanes_;
  TimeAxis time_;
  TimeAxis wait_;
  Svg svg_;
};

}  // namespace

std::string plot_svg(const std::vector<PlotSeries>& series, const std::vector<std::string>& models) {
  SB_ASSERT(!series.empty() && series.size() <= kPlotSeriesMax && !models.empty());
  return Plot(series, models).draw();
}

}  // namespace signalbox::simulate
