// What `make bench-switch` shows first: the server beside an engine that somebody ends and starts by hand, as
// it comes and with the arguments that the server gives it, all in turn.
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "bench/real_engine.h"
#include "bench/topics.h"

namespace signalbox::bench {

namespace {

constexpr int kRounds = 20;
constexpr std::array<std::size_t, 2> kBoth = {0, 1};

struct Compared {
  std::array<std::vector<double>, 2> through;
  std::array<std::vector<double>, 2> lean;
  std::array<std::vector<double>, 2> plain;
};

void show(Report& report, const RealModels& models, const Compared& compared) {
  for (const auto to : kBoth) {
    const auto name = "to " + std::filesystem::path(models.files[to]).stem().string();
    const double through = percentile(compared.through[to], 0.5);
    const double lean = percentile(compared.lean[to], 0.5);
    const double plain = percentile(compared.plain[to], 0.5);
    const auto both = [&](std::string_view what, const std::vector<double>& times, double median) {
      report.figure(fmt::format("{}, {}, median", name, what), median, "ms");
      // Far below the median on a machine that does something else, too.
      report.figure(fmt::format("{}, {}, fastest", name, what), percentile(times, 0), "ms");
    };
    both("the engine with its own defaults", compared.plain[to], plain);
    both("the engine with Signalbox's arguments", compared.lean[to], lean);
    both("Signalbox", compared.through[to], through);
    report.figure(name + ", Signalbox to the engine with its own defaults", through / plain, "times");
    report.figure(name + ", Signalbox over the engine with the same arguments", through - lean, "ms",
                  Aim::at_most, 30);
  }
}

// The server's default; the engine's own is one context that its slots share.
constexpr std::uint64_t kSlots = 4;

std::vector<std::uint64_t> contexts_of_the_engine_by_itself(const RealModels& models,
                                                            const std::string& folder) {
  std::vector<std::uint64_t> contexts;
  for (const auto model : kBoth) {
    Alone plain(folder, "asked");
    plain.restart(plain_command(models, model, plain.socket()));
    contexts.push_back(plain.context() / kSlots);
  }
  return contexts;
}

Compared compare(const RealModels& models, const Server& server) {
  Alone lean(server.folder(), "lean");
  Alone plain(server.folder(), "plain");
  std::array<std::vector<std::string>, 2> commands;
  for (const auto model : kBoth) {
    const auto name = fmt::format("m{}", model);
    static_cast<void>(server.switch_ms(name));  // the files are in the page cache from now on
    commands[model] = server.engine_command(lean.socket());
  }
  static_cast<void>(lean.switch_ms(commands[1], "m1"));
  static_cast<void>(plain.switch_ms(plain_command(models, 1, plain.socket()), "m1"));
  Compared compared;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto to : kBoth) {
      const auto name = fmt::format("m{}", to);
      compared.through[to].push_back(server.switch_ms(name));
      compared.lean[to].push_back(lean.switch_ms(commands[to], name));
      compared.plain[to].push_back(plain.switch_ms(plain_command(models, to, plain.socket()), name));
    }
  }
  return compared;
}

}  // namespace

void compared_switches(Report& report) {
  const auto models = real_models();
  report.topic(
      "Switches",
      "From a request for the other of the two demo models to its first token: by hand (end the engine, "
      "start it with the other model, ask for its health each millisecond, send the request), with the "
      "engine's own defaults and with the arguments that Signalbox gives it, and through Signalbox. "
      "Twenty switches each way, all three in turn.");
  if (!models) return say_models_are_missing();
  std::vector<std::uint64_t> contexts;
  {
    const Server server(*models);
    contexts = contexts_of_the_engine_by_itself(*models, server.folder());
    show(report, *models, compare(*models, server));
  }
  report.topic(
      "Switches, with the context that the engine takes by itself",
      fmt::format(
          "A context is memory that the engine clears before it is ready, so it is a part of what a "
          "switch takes. By default Signalbox gives 4 slots of 4,096 tokens, 16,384 in all; the "
          "engine by itself takes {} and {} for these models. Here Signalbox is told to take that, too.",
          contexts[0] * kSlots, contexts[1] * kSlots));
  const Server server(*models, {.scheduler = {}, .contexts = contexts});
  show(report, *models, compare(*models, server));
}

}  // namespace signalbox::bench
