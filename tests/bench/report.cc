#include "bench/report.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox::bench {

namespace {

std::string shown(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.3f}", value);
}

}  // namespace

void Report::topic(std::string_view title, std::string_view what) {
  fmt::print("\n## {}\n\n{}\n\n| figure | value | aim |\n|---|---:|---|\n", title, what);
}

void Report::figure(std::string_view name, double value, std::string_view unit, Aim aim, double bound) {
  std::string wanted;
  if (aim != Aim::none) {
    const bool met = aim == Aim::at_most ? value <= bound : value >= bound;
    wanted = fmt::format("{} {} {}: {}", aim == Aim::at_most ? "at most" : "at least", bound, unit,
                         met ? "met" : "**missed**");
    if (!met) missed_.emplace_back(name);
  }
  fmt::print("| {} | {} {} | {} |\n", name, shown(value), unit, wanted);
  std::fflush(stdout);
}

double percentile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

double us_between(TimePoint from, TimePoint to) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count()) / 1e3;
}

}  // namespace signalbox::bench
