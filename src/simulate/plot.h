// Outcomes as one picture: how long those waited who came at a time, a line for each policy, and below which
// model was active when. Readable on a light and on a dark page. Pure text; cli/ writes the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulate/run.h"

namespace signalbox::simulate {

struct PlotSeries {
  std::string_view name;
  const Outcome* outcome = nullptr;  // not null
};

// However long the run was, the picture has a few thousand shapes at most. More models than kPlotLanesMax
// share the last lane.
inline constexpr std::size_t kPlotLanesMax = 40;
inline constexpr std::size_t kPlotSeriesMax = 3;

// Precondition: one to kPlotSeriesMax series, each with the models that are named.
[[nodiscard]] std::string plot_svg(const std::vector<PlotSeries>& series,
                                   const std::vector<std::string>& models);

}  // namespace signalbox::simulate
