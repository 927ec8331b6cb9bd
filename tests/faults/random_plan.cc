#include "faults/random_plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace signalbox::test {
namespace {

using Texts = std::vector<std::string>;

// Nothing of this touches a request for one token.
Texts mild_behaviour(Draws& draws) {
  Texts fake = {fmt::format("load_ms={}", draws.below(60)), fmt::format("token_ms={}", draws.below(4))};
  switch (draws.below(12)) {
    case 0:
      return fake.push_back(fmt::format("crash_at_token={}", draws.between(2, 12))), fake;
    case 1:
      return fake.push_back(fmt::format("hang_at_token={}", draws.between(2, 12))), fake;
    case 2:
      return fake.push_back(fmt::format("end_early_at_token={}", draws.between(2, 12))), fake;
    case 3:
      return fake.push_back(fmt::format("error_at_token={}", draws.between(2, 12))), fake;
    case 4:
      return fake.push_back("ignore_term"), fake;
    case 5:
      return fake.push_back(fmt::format("slow_stop_ms={}", draws.below(200))), fake;
    case 6:
      return fake.push_back("fork_child"), fake;
    case 7:
      return fake.push_back(fmt::format("health_fail={}", draws.between(1, 5))), fake;
    case 8:
      return fake.push_back(fmt::format("first_token_ms={}", draws.below(150))), fake;
    case 9:
      return fake.push_back(fmt::format("token_bytes={}", draws.below(30'000))), fake;
    default:
      return fake;
  }
}

// The other models may be beyond help.
Texts wild_behaviour(Draws& draws) {
  auto fake = mild_behaviour(draws);
  switch (draws.below(10)) {
    case 0:
      return fake.push_back("load_fail=no memory"), fake;
    case 1:
      return fake.push_back(fmt::format("load_exit={}", draws.below(4))), fake;
    case 2:
      return fake.push_back("load_hang"), fake;
    case 3:
      return fake.push_back(fmt::format("error_status={}", draws.one_of<int>({400, 404, 500, 503}))), fake;
    case 4:
      return fake.push_back(fmt::format("start_ms={}", draws.below(200))), fake;
    case 5:
      // It costs five seconds, so only now and then.
      if (draws.one_in(4)) fake.push_back("slots_stuck");
      return fake;
    case 6:
      return fake.push_back(fmt::format("crash_at_token={}", draws.below(2))), fake;
    default:
      return fake;
  }
}

Setup draw_setup(Draws& draws) {
  Setup setup;
  const auto models = draws.between(2, 3);
  for (std::uint64_t i = 0; i < models; ++i) {
    ModelSetup model{.name = std::string(1, static_cast<char>('a' + i)),
                     .fake = i == 0 ? mild_behaviour(draws) : wild_behaviour(draws)};
    const auto slots = draws.between(1, 4);
    model.keys = {fmt::format("slots: {}", slots), fmt::format("workers: {}", draws.between(1, slots)),
                  fmt::format("queue_size: {}", draws.between(1, 6)),
                  fmt::format("load_timeout: {}ms", draws.between(400, 900))};
    setup.models.push_back(std::move(model));
  }
  setup.scheduler = {fmt::format("wait_timeout: {}ms", draws.between(100, 2000)),
                     fmt::format("stream_wait_timeout: {}ms", draws.one_in(2) ? 0 : draws.between(100, 2000)),
                     fmt::format("starvation_limit: {}ms", draws.between(20, 300)),
                     fmt::format("heartbeat_interval: {}ms", draws.between(10, 100)),
                     fmt::format("min_visit: {}", draws.below(3)),
                     draws.one_in(4) ? "replay: off" : "replay: once"};
  setup.server = {fmt::format("client_stall_timeout: {}ms", draws.between(200, 500)),
                  fmt::format("body_timeout: {}ms", draws.between(200, 500)), "shutdown_grace: 500ms"};
  setup.engine = {fmt::format("engine_timeout: {}ms", draws.between(400, 800)),
                  fmt::format("stop_timeout: {}ms", draws.between(100, 300))};
  return setup;
}

std::string generation_text(Draws& draws, const std::string& model) {
  const auto tokens = draws.one_in(4) ? draws.between(50, 300) : draws.between(1, 20);
  const auto* stream = draws.one_in(3) ? "false" : "true";
  const auto more = draws.one_in(8) ? fmt::format(R"(,"n":{})", draws.between(1, 3)) : "";
  switch (draws.below(4)) {
    case 0:
      return request_text("POST", "/v1/completions",
                          fmt::format(R"({{"model":"{}","prompt":"x","max_tokens":{},"stream":{}{}}})", model,
                                      tokens, stream, more));
    case 1:
      return request_text("POST", "/v1/responses",
                          fmt::format(R"({{"model":"{}","input":"x","max_output_tokens":{},"stream":{}}})",
                                      model, tokens, stream));
    default:
      return request_text(
          "POST", "/v1/chat/completions",
          fmt::format(
              R"({{"model":"{}","messages":[{{"role":"user","content":"x"}}],"max_tokens":{},"stream":{}{}}})",
              model, tokens, stream, more));
  }
}

ClientPlan draw_client(Draws& draws, const Setup& setup) {
  ClientPlan client;
  client.begins = Milliseconds(draws.below(250));
  const auto& model = draws.one_of(setup.models).name;
  switch (draws.below(12)) {
    case 0:
      client.text =
          request_text("POST", draws.one_in(2) ? "/v1/models/select" : "/v1/models/select?wait=true",
                       fmt::format(R"({{"model":"{}"}})", model));
      break;
    case 1:
      client.text = request_text("GET", draws.one_of<std::string>({"/v1/models/status", "/metrics",
                                                                   "/v1/models", "/ready", "/nowhere"}));
      break;
    case 2:
      client.text = request_text("GET", "/v1/events");
      client.endless = true;
      break;
    default:
      client.text = generation_text(draws, model);
      client.counted = true;
  }
  client.sent = draws.one_in(6) ? draws.below(client.text.size()) : client.text.size();
  client.patience = Milliseconds(draws.below(300));
  if (client.endless || draws.one_in(3)) {
    client.manner = draws.one_of<Manner>(
        {Manner::leaves, Manner::resets, Manner::half_closes, Manner::leaves, Manner::reads_slowly});
  }
  if (client.endless && client.manner == Manner::reads_slowly) client.manner = Manner::leaves;
  return client;
}

MischiefPlan draw_mischief(Draws& draws, const Setup& setup) {
  return {.at = Milliseconds(draws.below(350)),
          .what = draws.one_of<Mischief>(
              {Mischief::kill_engine, Mischief::kill_engine, Mischief::pause_engine, Mischief::kill_guard,
               Mischief::pause_guard, Mischief::pause_server, Mischief::remove_file, Mischief::spoil_file}),
          .lasts = Milliseconds(draws.between(5, 100)),
          .model = draws.below(setup.models.size())};
}

// Who forks in a session of its own loses its child to nobody when its guard is killed: nothing but the guard
// knows of it.
bool forks(const Setup& setup) {
  return std::ranges::any_of(setup.models, [](const ModelSetup& model) {
    return std::ranges::find(model.fake, "fork_child") != model.fake.end();
  });
}

}  // namespace

RunPlan draw_run(std::uint64_t seed) {
  Draws draws(seed);
  RunPlan plan{.seed = seed, .setup = draw_setup(draws), .clients = {}, .mischief = {}};
  const auto clients = draws.between(3, 14);
  for (std::uint64_t i = 0; i < clients; ++i) plan.clients.push_back(draw_client(draws, plan.setup));
  const auto count = draws.below(5);
  for (std::uint64_t i = 0; i < count; ++i) plan.mischief.push_back(draw_mischief(draws, plan.setup));
  if (forks(plan.setup)) {
    std::erase_if(plan.mischief, [](const auto& mischief) { return mischief.what == Mischief::kill_guard; });
  }
  std::ranges::sort(plan.mischief, {}, &MischiefPlan::at);
  return plan;
}

}  // namespace signalbox::test
