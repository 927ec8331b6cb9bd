// From a request to the first token across a switch, with the real engine: through the server, and by hand
// with the same engine and arguments, in turn.
#include <filesystem>

#include <fmt/format.h>

#include "bench/real_engine.h"
#include "bench/topics.h"

namespace signalbox::bench {

namespace {

constexpr int kRounds = 10;

}  // namespace

void real_switch(Report& report) {
  const auto models = real_models();
  report.topic(
      "Switches of the real engine",
      "From a request for the other of two real models to its first token: through the server, and by "
      "hand with the same engine and arguments (end the old one, start the new one, ask for its health each "
      "millisecond, send the request). Ten switches each way, in turn.");
  if (!models) {
    fmt::print("| not measured: BENCH_ENGINE, BENCH_MODEL_A and BENCH_MODEL_B are not set | | |\n");
    return;
  }
  const Server server(*models);
  Alone alone(server.folder(), "alone");
  std::vector<std::vector<std::string>> commands;
  for (const auto* model : {"m0", "m1"}) {
    static_cast<void>(server.switch_ms(model));  // the files are in the page cache from now on
    commands.push_back(server.engine_command(alone.socket()));
  }
  static_cast<void>(alone.switch_ms(commands[1], "m1"));
  std::vector<std::vector<double>> through(2);
  std::vector<std::vector<double>> by_hand(2);
  for (int round = 0; round < kRounds; ++round) {
    for (const std::size_t to : {std::size_t{0}, std::size_t{1}}) {
      through[to].push_back(server.switch_ms(fmt::format("m{}", to)));
      by_hand[to].push_back(alone.switch_ms(commands[to], fmt::format("m{}", to)));
    }
  }
  for (const std::size_t to : {std::size_t{0}, std::size_t{1}}) {
    const auto name = "to " + std::filesystem::path(models->files[to]).stem().string();
    const double with = percentile(through[to], 0.5);
    const double without = percentile(by_hand[to], 0.5);
    report.figure(name + ", by hand, median", without, "ms");
    report.figure(name + ", through the server, median", with, "ms");
    report.figure(name + ", the server's part", with - without, "ms", Aim::at_most, 50);
  }
}

}  // namespace signalbox::bench
