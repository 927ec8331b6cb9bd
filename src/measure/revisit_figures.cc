#include "measure/revisit_figures.h"

#include <algorithm>

namespace signalbox::measure {
namespace {

// One that was told, of an even number the lower one of the two in the middle.
std::optional<std::uint64_t> middle_of(std::vector<std::uint64_t> counts) {
  if (counts.empty()) return std::nullopt;
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>((counts.size() - 1) / 2);
  std::ranges::nth_element(counts, middle);
  return *middle;
}

RevisitSide side_of(const std::vector<const Sample*>& samples) {
  std::vector<Duration> first_tokens;
  std::vector<std::uint64_t> prompt_tokens;
  std::vector<std::uint64_t> cached;
  std::vector<std::uint64_t> computed;
  const auto add = [](std::vector<std::uint64_t>& counts, const std::optional<std::uint64_t>& count) {
    if (count) counts.push_back(*count);
  };
  for (const auto* sample : samples) {
    first_tokens.push_back(sample->first_token.value_or(sample->total));
    add(prompt_tokens, sample->prompt_tokens);
    add(cached, sample->cached);
    add(computed, sample->computed);
  }
  return {.first_token = spread_of(std::move(first_tokens)),
          .prompt_tokens = middle_of(std::move(prompt_tokens)),
          .cached = middle_of(std::move(cached)),
          .computed = middle_of(std::move(computed))};
}

}  // namespace

RevisitFigures figures_of(const std::vector<RevisitTurn>& turns) {
  RevisitFigures figures{};
  std::vector<const Sample*> warm;
  std::vector<const Sample*> after;
  for (const auto& turn : turns) {
    if (!turn.trouble.empty()) {
      ++figures.failed;
      if (figures.first_trouble.empty()) figures.first_trouble = turn.trouble;
    }
    if (!turn.is_whole()) continue;
    warm.push_back(&*turn.warm);
    after.push_back(&*turn.after);
    if (turn.has_same_answer()) ++figures.same_answers;
  }
  figures.measured = warm.size();
  figures.warm = side_of(warm);
  figures.after = side_of(after);
  return figures;
}

}  // namespace signalbox::measure
