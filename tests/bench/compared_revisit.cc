// What `make bench-switch` shows of conversations that another model interrupts: one, and more than there are
// slots, beside an engine that was never stopped.
#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "bench/real_engine.h"
#include "bench/topics.h"
#include "cli/bench_wire.h"
#include "measure/revisit_figures.h"
#include "measure/revisit_run.h"
#include "support/event_stream.h"

namespace signalbox::bench {

namespace {

using measure::RevisitRun;
using measure::Sample;
using test::now;

// Of the second model.
constexpr std::uint64_t kTokens = 3400;
constexpr std::size_t kTurns = 3;
constexpr std::size_t kConversations = 10;
constexpr Duration kAnswerMax = std::chrono::minutes(20);  // on a slow machine that computes all of it again

using Connect = std::function<test::Connection()>;

double milliseconds_of(Duration time) {
  return us_between(TimePoint{}, TimePoint{} + time) / 1000;
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

// The server may find the very turn that it answered before, and then computes one token of it where the
// engine beside it computes all of the turn: rounded in another way, the two may differ in a word. So that
// like is compared with like, the engine is asked once more, and has all of it, too.
Sample ask_alike(const Connect& steady, const measure::Ask& wanted, measure::RevisitStep step,
                 const Sample& through) {
  auto sample = ask(steady(), wanted);
  const bool differs = step == measure::RevisitStep::after && through.computed != sample.computed;
  if (differs) sample = ask(steady(), wanted);
  return sample;
}

// `steady`: to where the same is asked step by step, and whose engine is never stopped.
void revisit(Report& report, const Server& server, const Connect& steady, std::size_t conversations,
             std::size_t turns) {
  Alone restarted(server.folder(), "restarted");
  const auto command = server.engine_command(restarted.socket());
  restarted.restart(command);
  RevisitRun through(
      {.model = "m1", .between = "m0", .tokens = kTokens, .turns = turns, .conversations = conversations});
  RevisitRun beside(
      {.model = "m1", .between = "m1", .tokens = kTokens, .turns = turns, .conversations = conversations});
  std::vector<double> restarts;
  while (const auto wanted = through.next()) {
    if (through.step() == measure::RevisitStep::after) {
      const auto start = now();
      restarted.restart(command);
      restarts.push_back(us_between(start, now()) / 1000);
    }
    const auto sample = ask(server.connect(), *wanted);
    if (const auto same = beside.next()) beside.take(ask_alike(steady, *same, through.step(), sample));
    through.take(sample);
  }
  show(report, through, beside, percentile(restarts, 0.5));
}

}  // namespace

void compared_revisit(Report& report) {
  const auto models = real_models();
  report.topic(
      "A conversation that another model interrupts",
      "The next turn of a conversation of about 3,400 tokens with the coder, to its first token, after the "
      "chat model has answered something in between; beside what an engine alone takes to stop, to start, "
      "and to answer the same turn with everything still computed. Three turns, in turn, at temperature 0.");
  if (!models) return say_models_are_missing();
  const Server server(*models);
  static_cast<void>(server.switch_ms("m1"));
  Alone steady(server.folder(), "steady");
  steady.restart(server.engine_command(steady.socket()));
  revisit(report, server, [&] { return steady.connect(); }, 1, kTurns);
}

void compared_conversations(Report& report) {
  const auto models = real_models();
  report.topic(
      "Ten conversations over four slots",
      "The same with ten such conversations taken in turn, the chat model between each and the next. Beside "
      "it a second server, whose engine has the same four slots and is never stopped, because nobody asks "
      "for another model. Both choose slots by the same rules, so each prompt is computed in the same "
      "pieces, and the answers have to be the same.");
  if (!models) return say_models_are_missing();
  const Server server(*models);
  const Server steady(*models);
  for (const auto* each : {&server, &steady}) static_cast<void>(each->switch_ms("m1"));
  revisit(report, server, [&] { return steady.connect(); }, kConversations, 1);
}

}  // namespace signalbox::bench
