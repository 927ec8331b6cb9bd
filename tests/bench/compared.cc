// What `make bench-switch` shows: the server beside an engine that somebody ends and starts by hand, as it
// comes and with the arguments that the server gives it, all in turn.
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "bench/real_engine.h"
#include "bench/topics.h"
#include "cli/bench_wire.h"
#include "measure/revisit_figures.h"
#include "support/event_stream.h"

namespace signalbox::bench {

namespace {

using measure::RevisitRun;
using measure::Sample;
using test::now;

constexpr int kRounds = 20;
constexpr std::array<std::size_t, 2> kBoth = {0, 1};
// Of the second model.
constexpr std::uint64_t kTokens = 3400;
constexpr std::size_t kTurns = 3;
constexpr Duration kAnswerMax = std::chrono::minutes(20);  // on a slow machine that computes all of it again

void say_not_measured() {
  fmt::print("| not measured: BENCH_ENGINE, BENCH_MODEL_A and BENCH_MODEL_B are not set | | |\n");
}

double milliseconds_of(Duration time) {
  return us_between(TimePoint{}, TimePoint{} + time) / 1000;
}

// As anybody starts it who has read no more of its help than he must.
std::vector<std::string> plain_command(const RealModels& models, std::size_t model,
                                       const std::string& socket) {
  return {models.engine, "-m", models.files[model], "--host", socket};
}

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
                  Aim::at_most, 50);
  }
}

Sample ask(test::Connection connection, const measure::Ask& ask) {
  const cli::BaseUrl url{.address = {}, .path = "/v1", .host = "localhost", .text = {}};
  const auto request = cli::chat_request(url, ask, kAnswerMax);
  cli::AnswerReader reader(now());
  connection.send(test::request_text("POST", request.target, request.json_body, request.headers));
  test::EventStream stream(std::move(connection));
  static_cast<void>(stream.head(kAnswerMax));
  while (const auto event = stream.next(kAnswerMax)) reader.take(event->raw, event->arrived);
  return std::move(reader).finished(cli::HttpAnswer{.status = 200, .body = {}}, now());
}

std::size_t same_answers(const std::vector<measure::RevisitTurn>& some,
                         const std::vector<measure::RevisitTurn>& others) {
  std::size_t same = 0;
  for (std::size_t i = 0; i < std::min(some.size(), others.size()); ++i) {
    if (some[i].is_whole() && others[i].is_whole() && some[i].after->text == others[i].after->text) ++same;
  }
  return same;
}

void show(Report& report, const RevisitRun& through, const RevisitRun& steady, double restart_ms) {
  const auto figures = measure::figures_of(through.turns());
  const double warm_ms = milliseconds_of(measure::figures_of(steady.turns()).warm.first_token.median);
  const double after_ms = milliseconds_of(figures.after.first_token.median);
  report.figure("the engine's stop and start, median", restart_ms, "ms");
  report.figure("the turn at an engine that was never stopped, median", warm_ms, "ms");
  report.figure("both together", restart_ms + warm_ms, "ms");
  report.figure("Signalbox, the turn with nothing between, median",
                milliseconds_of(figures.warm.first_token.median), "ms");
  report.figure("Signalbox, the turn after the other model, median", after_ms, "ms");
  report.figure("Signalbox to both together", after_ms / (restart_ms + warm_ms), "times");
  const auto prompt = static_cast<double>(figures.after.prompt_tokens.value_or(0));
  const auto cached = static_cast<double>(figures.after.cached.value_or(0));
  report.figure("Signalbox, tokens of the prompt, median", prompt, "tokens");
  report.figure("Signalbox, of these from the cache after the other model",
                prompt > 0 ? 100 * cached / prompt : 0, "%");
  report.figure("turns measured", static_cast<double>(figures.measured), "");
  report.figure("answers that are the same as those of the engine that was never stopped",
                static_cast<double>(same_answers(through.turns(), steady.turns())), "");
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
  if (!models) return say_not_measured();
  const Server server(*models);
  Alone lean(server.folder(), "lean");
  Alone plain(server.folder(), "plain");
  std::array<std::vector<std::string>, 2> commands;
  for (const auto model : kBoth) {
    const auto name = fmt::format("m{}", model);
    static_cast<void>(server.switch_ms(name));  // the files are in the page cache from now on
    commands[model] = server.engine_command(lean.socket());
  }
  static_cast<void>(lean.switch_ms(commands[1], "m1"));
  static_cast<void>(plain.switch_ms(plain_command(*models, 1, plain.socket()), "m1"));
  Compared compared;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto to : kBoth) {
      const auto name = fmt::format("m{}", to);
      compared.through[to].push_back(server.switch_ms(name));
      compared.lean[to].push_back(lean.switch_ms(commands[to], name));
      compared.plain[to].push_back(plain.switch_ms(plain_command(*models, to, plain.socket()), name));
    }
  }
  show(report, *models, compared);
}

void compared_revisit(Report& report) {
  const auto models = real_models();
  report.topic(
      "A conversation that another model interrupts",
      "The next turn of a conversation of about 3,400 tokens with the coder, to its first token, after the "
      "chat model has answered something in between; beside what an engine alone takes to stop, to start, "
      "and to answer the same turn with everything still computed. Three turns, in turn, at temperature 0.");
  if (!models) return say_not_measured();
  const Server server(*models);
  Alone steady(server.folder(), "steady");
  Alone restarted(server.folder(), "restarted");
  static_cast<void>(server.switch_ms("m1"));
  const auto command = server.engine_command(steady.socket());
  steady.restart(command);
  const auto other_command = server.engine_command(restarted.socket());
  restarted.restart(other_command);
  RevisitRun through({.model = "m1", .between = "m0", .tokens = kTokens, .turns = kTurns});
  RevisitRun beside({.model = "m1", .between = "m1", .tokens = kTokens, .turns = kTurns});
  std::vector<double> restarts;
  // Step by step, both make the same ones.
  while (const auto wanted = through.next()) {
    if (through.step() == measure::RevisitStep::after) {
      const auto start = now();
      restarted.restart(other_command);
      restarts.push_back(us_between(start, now()) / 1000);
    }
    through.take(ask(server.connect(), *wanted));
    if (const auto same = beside.next()) beside.take(ask(steady.connect(), *same));
  }
  show(report, through, beside, percentile(restarts, 0.5));
}

}  // namespace signalbox::bench
