// `signalbox bench mixed`: requests for several models at random times, many of them open at once, and what
// that comes to as a table, as JSON and as a picture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/bench_session.h"
#include "cli/bench_settings.h"
#include "measure/mixed.h"

namespace signalbox::cli {

// More are not sent, and count as failed.
inline constexpr std::size_t kMixedOpenMax = 256;

struct MixedOutcome {
  BenchEnd end = BenchEnd::complete;
  std::vector<measure::MixedRecord> records{};  // in the order in which they were over
  Duration length{0};
  std::size_t broken_off = 0;  // under way when somebody ended it
};

// Pure.
[[nodiscard]] std::string mixed_table(const MixedOutcome& outcome, const BenchSettings& settings,
                                      bool uses_colour);
[[nodiscard]] std::string mixed_json(const MixedOutcome& outcome, const BenchSettings& settings);
[[nodiscard]] std::string mixed_picture(const MixedOutcome& outcome, const BenchSettings& settings);

// Blocks until every request is over, or somebody ends it.
[[nodiscard]] MixedOutcome measure_mixed(const measure::MixedPlan& plan, BenchSession& session);

}  // namespace signalbox::cli
