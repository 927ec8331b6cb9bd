// The loop that asks; bench_revisit_report.cc has what is made of it.
#include "cli/bench_revisit.h"

#include <fmt/format.h>

#include "cli/bench_words.h"
#include "cli/status_words.h"

namespace signalbox::cli {
namespace {

using measure::RevisitStep;
using measure::Sample;

std::string_view words_of(RevisitStep step) {
  switch (step) {
    case RevisitStep::measure_length:
      return "counting a text's tokens";
    case RevisitStep::open:
      return "the conversation's text, for the first time";
    case RevisitStep::prepare:
      return "a question that is not measured";
    case RevisitStep::warm:
      return "a turn with nothing between";
    case RevisitStep::between:
      return "the other model";
    case RevisitStep::after:
      return "the turn after the other model";
  }
  return "";
}

std::string place_of(const measure::RevisitRun& run) {
  if (run.step() == RevisitStep::measure_length) return "";
  const std::string turn = run.step() == RevisitStep::open ? "" : fmt::format("turn {}, ", run.turn() + 1);
  return run.plan().conversations > 1 ? fmt::format("conversation {}, {}", run.conversation() + 1, turn)
                                      : turn;
}

std::string outcome_of(const Sample& sample) {
  if (sample.ending != measure::Ending::whole) return "failed: " + sample.trouble;
  return fmt::format("{}, {} of {} tokens from the cache", time_text(sample.first_token),
                     count_text(sample.cached), count_text(sample.prompt_tokens));
}

}  // namespace

BenchEnd measure_revisits(measure::RevisitRun& run, BenchSession& session) {
  while (const auto ask = run.next()) {
    const std::string what = fmt::format("{}{}", place_of(run), words_of(run.step()));
    const auto step = fmt::format("{} of {}: {}", run.done() + 1, run.size(), what);
    session.show(step);
    auto sample = session.ask(*ask);
    if (!sample) return BenchEnd::stopped;
    const bool is_measured = run.step() == RevisitStep::warm || run.step() == RevisitStep::after;
    const bool has_failed =
        sample->ending != measure::Ending::whole && sample->ending != measure::Ending::empty;
    if (is_measured || has_failed) session.tell(fmt::format("{}: {}", step, outcome_of(*sample)));
    run.take(*std::move(sample));
  }
  return BenchEnd::complete;
}

}  // namespace signalbox::cli
