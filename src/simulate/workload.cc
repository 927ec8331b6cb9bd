#include "simulate/workload.h"

#include <random>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "simulate/draw.h"

namespace signalbox::simulate {

std::size_t Workload::requests() const {
  std::size_t count = trace.requests.size();
  for (const auto& user : users) count += user.asks.size();
  return count;
}

Workload closed_loop(const ClosedLoop& wanted) {
  std::mt19937_64 random(wanted.seed);
  Workload workload;
  workload.trace.models = model_names(wanted.clients.size());
  const auto ask_of = [&](ModelIndex model) {
    const auto service = wanted.variation == Variation::exponential ? draw_exponential(random, wanted.service)
                                                                    : wanted.service;
    return Ask{.after = wanted.think, .model = model, .service = service};
  };
  for (std::uint32_t model = 0; model < wanted.clients.size(); ++model) {
    for (std::uint32_t client = 0; client < wanted.clients[model]; ++client) {
      User user;
      for (std::uint32_t i = 0; i < wanted.asks; ++i) user.asks.push_back(ask_of(ModelIndex(model)));
      workload.users.push_back(std::move(user));
    }
  }
  return workload;
}

Workload agents(const Agents& wanted) {
  SB_ASSERT(wanted.asks_min <= wanted.asks_max && wanted.models > 0);
  std::mt19937_64 random(wanted.seed);
  Workload workload;
  workload.trace.models = model_names(wanted.models);
  for (std::uint32_t i = 0; i < wanted.users; ++i) {
    User user;
    for (std::uint32_t session = 0; session < wanted.sessions; ++session) {
      const ModelIndex model(static_cast<std::uint32_t>(random() % wanted.models));
      const auto asks = wanted.asks_min + random() % (wanted.asks_max - wanted.asks_min + 1);
      for (std::uint64_t ask = 0; ask < asks; ++ask) {
        const auto after = ask == 0 ? draw_exponential(random, wanted.pause) : wanted.gap;
        user.asks.push_back(
            {.after = after, .model = model, .service = draw_exponential(random, wanted.service)});
      }
    }
    workload.users.push_back(std::move(user));
  }
  return workload;
}

}  // namespace signalbox::simulate
