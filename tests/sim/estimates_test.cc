// How far the first estimate of a wait (rule 15) is from the wait that came, in worlds like those that people
// run. The aim is a median error under 30 %.
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/report.h"
#include "simulate/synthetic.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;

Duration draw_between(std::mt19937_64& random, Duration least, Duration most) {
  const auto span = static_cast<std::uint64_t>((most - least).count() + 1);
  return least + Duration(static_cast<Duration::rep>(random() % span));
}

// Clients of a small and a larger model on a machine of two cores: short answers, a moment's thought.
Workload chats(std::uint32_t clients_each, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Workload workload;
  workload.trace.models = {"small", "larger"};
  for (std::uint32_t client = 0; client < 2 * clients_each; ++client) {
    const ModelIndex model(client % 2);
    User user;
    for (int i = 0; i < 1000; ++i) {
      const auto service = draw_between(random, 8ms, 40ms) * (model == ModelIndex(0) ? 20 : 50);
      user.asks.push_back({.after = draw_between(random, 0ms, 1s), .model = model, .service = service});
    }
    workload.users.push_back(std::move(user));
  }
  return workload;
}

TEST(Estimates, OfClientsWhoAskAgainAreNearTheWait) {
  for (const std::uint32_t clients : {1U, 2U, 3U, 6U}) {
    for (const auto load : {Duration(700ms), Duration(5s)}) {
      const ModelSettings each{.queue_size = 10, .workers = 4, .engine = {.load = load, .stop = 200ms}};
      const auto summary = figures_of(chats(clients, clients), {.each = each});
      print_line(fmt::format("chats, {} clients each, load {:g} s", clients, seconds(load)), summary);
      EXPECT_LT(summary.all.estimate_error_thousandths, 300);
    }
  }
}

TEST(Estimates, OfOpenArrivalsAreNearTheWait) {
  for (const std::uint32_t models : {2U, 5U}) {
    for (const std::uint64_t load : {300U, 600U, 900U}) {
      const Synthetic wanted{.models = models,
                             .requests = 20'000,
                             .rate_thousandths = load * 4,
                             .exponent_thousandths = 0,
                             .service = 1s};
      const Workload workload{.trace = synthetic_trace(wanted), .users = {}};
      const ModelSettings each{.queue_size = 1000, .workers = 4, .engine = {.load = 2s, .stop = 200ms}};
      const auto summary = figures_of(workload, {.each = each});
      print_line(fmt::format("open arrivals, {} models, load {:g}", models, static_cast<double>(load) / 1000),
                 summary);
      EXPECT_LT(summary.all.estimate_error_thousandths, 300);
    }
  }
}

}  // namespace
}  // namespace signalbox::simulate
