// Explores one small world and says how large it is.
//   signalbox_explore MODELS REQUESTS WORKERS [FAULTS] [SELECTS] [DEPTH] [STOPS] [STREAMS] [CLASSES]
//   [OVERLAP]
// STREAMS 1: requests without a wait limit. CLASSES 1: of every service class. OVERLAP 1: the next engine may
// be up beside the present one.
// Exit 1 with the events that lead to it if a promise is broken; 3 if the world is larger than was looked at.
#include "simulate/explore.h"

#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "base/time.h"
#include "simulate/shrink.h"

namespace signalbox::simulate {
namespace {

int run(std::span<char*> arguments) {
  SmallWorld world;
  std::uint32_t streams = 0;
  std::uint32_t classes = 0;
  std::uint32_t overlap = 0;
  std::uint32_t* const numbers[] = {&world.models,  &world.requests,  &world.workers, &world.faults,
                                    &world.selects, &world.depth_max, &world.stops,   &streams,
                                    &classes,       &overlap};
  if (arguments.size() > std::size(numbers)) {
    fmt::print(stderr, "At most {} numbers are allowed.\n", std::size(numbers));
    return 2;
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view text = arguments[i];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *numbers[i]);
    if (error != std::errc() || end != text.data() + text.size() || *numbers[i] > 1000) {
      fmt::print(stderr, "'{}' is not a whole number from 0 to 1000.\n", text);
      return 2;
    }
  }
  if (streams > 0) world.mode = sched::AnswerMode::streamed;
  if (overlap > 0) world.overlap = sched::Overlap::automatic;
  if (classes > 0) world.classes = Classes::all;
  const SystemClock clock;
  const auto began = clock.now();
  const auto found = explore(world);
  fmt::print(
      "{} models, {} requests, {} workers, {} faults, {} selects, {} stops{}{}{}: {} states, {} transitions, "
      "depth {}, "
      "{:.1f} s, {}\n",
      world.models, world.requests, world.workers, world.faults, world.selects, world.stops,
      streams > 0 ? ", streams" : "", classes > 0 ? ", all classes" : "", overlap > 0 ? ", overlap" : "",
      found.states, found.transitions, found.depth, static_cast<double>(to_ms(clock.now() - began)) / 1000,
      found.is_complete ? "all of it" : "not all of it");
  if (found.violation.empty()) return found.is_complete ? 0 : 3;
  fmt::print("broken: {}\n{}\n", found.violation,
             text_of({.options = options_of(world), .timeline = found.path}, "FoundByExploring"));
  return 1;
}

}  // namespace
}  // namespace signalbox::simulate

int main(int count, char** arguments) {
  return signalbox::simulate::run(std::span(arguments, static_cast<std::size_t>(count)).subspan(1));
}
