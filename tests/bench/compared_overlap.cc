// What `make bench-switch` shows of `overlap: auto`: from the last token of a model that was busy for longer
// than a load takes to the first one of the next model.
#include <array>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "bench/real_engine.h"
#include "bench/topics.h"

namespace signalbox::bench {

namespace {

constexpr int kRounds = 10;
constexpr std::array<std::size_t, 2> kBoth = {0, 1};
// Of the old model's answer, so that it takes some seconds: the first model is four times as fast.
constexpr std::array<int, 2> kBusyTokens = {700, 150};

std::optional<TimePoint> next_token(test::EventStream& stream) {
  while (const auto event = stream.next()) {
    if (is_token(*event)) return event->arrived;
  }
  return std::nullopt;
}

struct Handover {
  double busy_ms = 0;  // the old model's answer went on, after the other one was asked for
  double gap_ms = 0;   // its last token to the other model's first one
};

// None if an answer did not come.
std::optional<Handover> hand_over(const Server& server, std::size_t from, std::size_t to) {
  auto connection = server.connect();
  connection.send(chat_request(fmt::format("m{}", from), kBusyTokens[from]));
  test::EventStream old_answer(std::move(connection));
  auto last = next_token(old_answer);
  auto other = server.connect();
  const auto asked = test::now();
  other.send(chat_request(fmt::format("m{}", to), 1));
  while (const auto token = next_token(old_answer)) last = token;
  test::EventStream new_answer(std::move(other));
  const auto first = next_token(new_answer);
  if (!last || !first) return std::nullopt;
  return Handover{.busy_ms = us_between(asked, *last) / 1000, .gap_ms = us_between(*last, *first) / 1000};
}

}  // namespace

void compared_overlap(Report& report) {
  const auto models = real_models();
  report.topic(
      "Switches with `overlap: auto`",
      "The old model answers for longer than the new one's load takes. From its last token to the new one's "
      "first, beside an engine that is ended and started by hand with its own defaults. Ten switches each "
      "way, in turn. Processor and memory are shared by both engines here.");
  if (!models) return say_models_are_missing();
  const Server server(*models, {.scheduler = {"overlap: auto", "min_visit: 0"}});
  Alone plain(server.folder(), "plain");
  for (const auto model : kBoth) static_cast<void>(server.switch_ms(fmt::format("m{}", model)));
  static_cast<void>(plain.switch_ms(plain_command(*models, 1, plain.socket()), "m1"));
  std::array<std::vector<double>, 2> gaps;
  std::array<std::vector<double>, 2> busy;
  std::array<std::vector<double>, 2> by_hand;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto to : kBoth) {
      by_hand[to].push_back(
          plain.switch_ms(plain_command(*models, to, plain.socket()), fmt::format("m{}", to)));
      const auto handover = hand_over(server, 1 - to, to);
      if (!handover) continue;
      gaps[to].push_back(handover->gap_ms);
      busy[to].push_back(handover->busy_ms);
    }
  }
  for (const auto to : kBoth) {
    const auto name = "to " + std::filesystem::path(models->files[to]).stem().string();
    const double plain_ms = percentile(by_hand[to], 0.5);
    const double gap_ms = percentile(gaps[to], 0.5);
    report.figure(name + ", the engine by hand: stop, start, first token, median", plain_ms, "ms");
    report.figure(name + ", the old model went on answering for, median", percentile(busy[to], 0.5), "ms");
    report.figure(name + ", its last token to the new one's first, median", gap_ms, "ms");
    report.figure(name + ", to the engine by hand", gap_ms / plain_ms, "times", Aim::at_most, 0.5);
  }
}

}  // namespace signalbox::bench
