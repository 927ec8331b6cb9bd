// What the turns of a revisit come to. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "measure/revisit_run.h"
#include "measure/spread.h"

namespace signalbox::measure {

// The counts are medians of what the server told; none if it tells nothing.
struct RevisitSide {
  Spread first_token;
  std::optional<std::uint64_t> prompt_tokens;
  std::optional<std::uint64_t> cached;
  std::optional<std::uint64_t> computed;
};

// Only turns of which both sides are there count.
struct RevisitFigures {
  RevisitSide warm;
  RevisitSide after;
  std::size_t measured = 0;
  std::size_t same_answers = 0;  // of the measured
  std::size_t failed = 0;
  std::string first_trouble;
};

[[nodiscard]] RevisitFigures figures_of(const std::vector<RevisitTurn>& turns);

}  // namespace signalbox::measure
