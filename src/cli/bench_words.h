// What the reports of the measurements share: times as texts and as JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/time.h"
#include "cli/bench_settings.h"
#include "cli/terminal.h"
#include "measure/spread.h"

namespace signalbox::cli {

// "-" for none; "502 ms" below ten seconds, then "12.3 s".
[[nodiscard]] std::string time_text(std::optional<Duration> time);
// As yellow as a figure is that one should look at, if there are any.
[[nodiscard]] Cell count_cell(std::size_t count);

// Milliseconds with their fraction.
[[nodiscard]] double exact_ms(Duration time);
// Null if there are none.
[[nodiscard]] boost::json::value spread_json(const measure::Spread& spread);
// What every report begins with.
[[nodiscard]] boost::json::object report_head(std::string_view measurement, const BenchSettings& settings,
                                              bool was_stopped);

}  // namespace signalbox::cli
