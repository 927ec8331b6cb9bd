#include "simulate/chaos_draws.h"

namespace signalbox::simulate {

using namespace sched;
using namespace std::chrono_literals;

FaultRates draw_fault_rates(Draws& draws, Weather weather) {
  if (weather == Weather::calm) return {};
  const auto rate = [&draws]() -> std::uint32_t {
    if (draws.one_in(2)) return 0;
    constexpr std::uint32_t kOftenest = 3;
    constexpr std::uint32_t kRarest = 40;
    return draws.between(kOftenest, kRarest);
  };
  FaultRates rates;
  for (auto* each : {&rates.waiters_leave,
                     &rates.clients_cut,
                     &rates.engines_silent,
                     &rates.answers_broken,
                     &rates.places_late,
                     &rates.places_never,
                     &rates.clients_gone_unheard,
                     &rates.files_bad,
                     &rates.files_hang,
                     &rates.loads_fail,
                     &rates.loads_hang,
                     &rates.loads_crawl,
                     &rates.engines_die,
                     &rates.stops_ignored,
                     &rates.memory_never_told,
                     &rates.memory_short,
                     &rates.news_echo,
                     &rates.news_late,
                     &rates.selects,
                     &rates.reloads,
                     &rates.shell_late}) {
    *each = rate();
  }
  constexpr std::uint32_t kMomentsBetweenLeaps = 30;
  rates.leaps = rate() * kMomentsBetweenLeaps;
  constexpr std::uint32_t kRunsForOneStop = 3;
  rates.stops = kRunsForOneStop;
  return rates;
}

namespace {

// Often nothing, sometimes very little.
Duration draw_limit(Draws& draws, Duration longest) {
  if (draws.one_in(3)) return Duration{0};
  return draws.one_in(5) ? draws.up_to(longest / 100) : draws.up_to(longest);
}

std::optional<Duration> draw_cost(Draws& draws, Duration longest) {
  if (draws.one_in(3)) return std::nullopt;
  return draws.up_to(longest);
}

ModelOptions draw_model(Draws& draws) {
  ModelOptions model;
  model.queue_size = draws.between(0, draws.one_in(4) ? 20 : 4);
  model.flex_queue_size = draws.between(0, 4);
  model.workers = draws.between(1, 4);
  model.wait_timeout = draw_limit(draws, 60s);
  model.stream_wait_timeout = draw_limit(draws, 120s);
  model.load_timeout = 1s + draws.up_to(30s);
  model.idle_unload = draw_limit(draws, 20s);
  if (draws.one_in(2)) {
    model.believed = Costs{.service = draw_cost(draws, 10s),
                           .changeover = draw_cost(draws, 20s),
                           .tail = draw_cost(draws, 5s),
                           .per_token = draw_cost(draws, 50ms)};
  }
  return model;
}

}  // namespace

Options draw_options(Draws& draws, std::uint32_t models, Weather weather) {
  Options options;
  options.starvation_limit = draw_limit(draws, 30s);
  options.min_visit_thousandths = draws.between(0, 2'000);
  options.next_model = draws.one_in(2) ? NextModel::longest_wait : NextModel::cost;
  options.replay = draws.one_in(3) ? Replay::off : Replay::once;
  options.overlap = draws.one_in(2) ? Overlap::off : Overlap::automatic;
  options.learning = draws.one_in(4) ? Learning::fixed : Learning::on;
  options.flex_limit = draw_limit(draws, 120s);
  options.stop_timeout = 100ms + draws.up_to(10s);
  options.release_timeout = 100ms + draws.up_to(10s);
  options.shutdown_grace = draw_limit(draws, 30s);
  for (std::uint32_t i = 0; i < models; ++i) options.models.push_back(draw_model(draws));
  if (weather == Weather::calm) {
    options.starvation_limit = 1s + draws.up_to(30s);
    for (auto& model : options.models) {
      model.wait_timeout = model.stream_wait_timeout = 0s;
      model.load_timeout = 300s;
    }
  }
  if (draws.one_in(3)) options.default_model = ModelIndex(draws.between(0, models - 1));
  return options;
}

}  // namespace signalbox::simulate
