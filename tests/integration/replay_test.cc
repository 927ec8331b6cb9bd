// What a server recorded of its scheduler, played again: the same events through a scheduler of the same
// limits want the same commands, and the same workload in the simulator starts in the same order.
#include <algorithm>
#include <csignal>
#include <map>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/scheduler.h"
#include "sched/step_text.h"
#include "simulate/run.h"
#include "support/step_reader.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AnyOf;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::SizeIs;

const std::vector<std::string> kRecorded = {"--log-level", "debug"};

// Ends the server, so that the record is complete.
std::vector<RecordedStep> record_of(TestServer& server) {
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(), 0);
  return read_steps(server.log("scheduler step"));
}

std::vector<std::uint64_t> starts_in(const std::vector<RecordedStep>& steps) {
  static const std::regex start("StartRequest request=(\\d+)");
  std::vector<std::uint64_t> order;
  for (const auto& step : steps) {
    const auto begin = std::sregex_iterator(step.wanted.begin(), step.wanted.end(), start);
    for (auto it = begin; it != std::sregex_iterator(); ++it) order.push_back(std::stoull((*it)[1]));
  }
  return order;
}

sched::Options options_of(std::size_t models) {
  sched::Options options;
  options.replay = sched::Replay::once;
  options.models.resize(models);
  for (auto& model : options.models) model.workers = 1;
  return options;
}

Chat of_tier(const std::string& tier) {
  return {.more = "\"service_tier\":\"" + tier + "\""};
}

TEST(Replay, OfARecordedServerWantsTheSameByteForByte) {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 1"}},
                                {.name = "b", .fake = {"load_ms=50", "load_steps=4"}, .keys = {"slots: 1"}},
                                {.name = "dies", .fake = {"crash_at_token=2"}, .keys = {"slots: 1"}},
                                {.name = "bad", .fake = {"load_fail=no \"memory\""}, .keys = {"slots: 1"}}},
                     .scheduler = {"starvation_limit: 1s"},
                     .arguments = kRecorded});
  auto running = server.run_chat("a");
  auto standard = server.stream_chat("b");
  auto flex = server.stream_chat("b", of_tier("flex"));
  auto priority = server.stream_chat("b", of_tier("priority"));
  auto leaving = server.stream_chat("b");
  auto broken = server.stream_chat("bad");
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 4 && server.queue_length("bad") == 1; }));
  leaving.connection().close();
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 3; }));
  EXPECT_EQ(server.select("b").status, 202U);
  server.touch("go");
  for (auto* stream : {&running, &standard, &flex, &priority}) {
    EXPECT_TRUE(transcript_of(stream->rest()).done);
  }
  EXPECT_TRUE(transcript_of(broken.rest()).error.has_value());
  EXPECT_TRUE(transcript_of(server.stream_chat("dies").rest()).error.has_value());
  // 500 if the stream died before its first byte too: then this is the third death.
  EXPECT_THAT(server.chat("dies").status, AnyOf(502U, 500U));
  EXPECT_EQ(server.chat("b").status, 200U);
  auto cut = server.run_chat("a", {.max_tokens = 100'000});
  cut.connection().close();
  ASSERT_TRUE(eventually([&] { return server.busy_workers() == 0; }));

  const auto steps = record_of(server);
  auto options = options_of(4);
  options.starvation_limit = std::chrono::seconds(1);
  sched::Scheduler scheduler(options);
  std::set<std::string> kinds;
  std::string wanted;
  for (const auto& step : steps) {
    ASSERT_EQ(sched::text_of(scheduler.step(step.event, TimePoint(step.at))), step.wanted)
        << "after " << sched::text_of(step.event);
    const auto text = sched::text_of(step.event);
    kinds.insert(text.substr(0, text.find(' ')));
    wanted += step.wanted;
  }
  EXPECT_THAT(kinds, IsSupersetOf({"RequestArrived", "WaiterLeft", "AnswerBegan", "RequestClosed",
                                   "PlacesFreed", "SelectAsked", "ModelFileChecked", "EngineProgressed",
                                   "EngineReady", "EngineExited", "DeadlinePassed", "StopAsked"}));
  EXPECT_THAT(wanted, HasSubstr("RequeueRequest"));
  EXPECT_NE(steps.back().wanted.find("Stopped"), std::string::npos) << steps.back().wanted;
}

// The recorded requests with the service times that they had.
simulate::Workload workload_of(const std::vector<RecordedStep>& steps) {
  simulate::Workload workload;
  workload.trace.models = {"a", "b", "c"};
  std::map<std::uint64_t, Duration> started;
  static const std::regex start("StartRequest request=(\\d+)");
  for (const auto& step : steps) {
    if (const auto* arrived = std::get_if<sched::RequestArrived>(&step.event)) {
      workload.trace.requests.push_back({.arrived = step.at,
                                         .model = arrived->model,
                                         .service = Duration{0},
                                         .service_class = arrived->service_class});
    } else if (const auto* closed = std::get_if<sched::RequestClosed>(&step.event)) {
      const auto number = closed->request.value();
      workload.trace.requests.at(number - 1).service = step.at - started.at(number);
    }
    for (const auto number : starts_in({step})) started[number] = step.at;
  }
  return workload;
}

// Each model is loaded once: as long as it took from the first request, or the exit of the one before, to
// ready.
void take_engine_times(const std::vector<RecordedStep>& steps, simulate::Settings& settings) {
  static const std::regex start("StartEngine model=(\\d+)");
  Duration since{0};
  Duration stop_told{0};
  std::size_t model = 0;
  for (const auto& step : steps) {
    std::smatch found;
    if (since == Duration{0} && std::holds_alternative<sched::RequestArrived>(step.event)) since = step.at;
    if (step.wanted.find("StopEngine") != std::string::npos) stop_told = step.at;
    if (std::holds_alternative<sched::EngineExited>(step.event)) {
      since = step.at;
      settings.engines.at(model).stop = step.at - stop_told;
    }
    if (std::regex_search(step.wanted, found, start)) model = std::stoul(found[1]);
    if (std::holds_alternative<sched::EngineReady>(step.event)) {
      settings.engines.at(model).load = step.at - since;
    }
  }
}

TEST(Replay, InTheSimulatorStartsTheSameRequestsInTheSameOrder) {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 1"}},
                                {.name = "b", .keys = {"slots: 1"}},
                                {.name = "c", .keys = {"slots: 1"}}},
                     .scheduler = {"next_model: longest_wait"},
                     .arguments = kRecorded});
  auto running = server.run_chat("a");
  std::vector<EventStream> waiting;
  const std::vector<std::pair<std::string, std::string>> asks = {
      {"c", "flex"}, {"b", "default"}, {"b", "priority"}, {"a", "flex"},     {"c", "default"},
      {"b", "auto"}, {"a", "auto"},    {"c", "priority"}, {"a", "priority"}, {"b", "flex"}};
  std::map<std::string, std::int64_t> queued;
  for (const auto& [model, tier] : asks) {
    waiting.push_back(server.stream_chat(model, of_tier(tier)));
    ++queued[model];
    ASSERT_TRUE(eventually([&] { return server.queue_length(model) == queued[model]; }));
  }
  server.touch("go");
  EXPECT_TRUE(transcript_of(running.rest()).done);
  for (auto& stream : waiting) EXPECT_TRUE(transcript_of(stream.rest()).done);

  const auto steps = record_of(server);
  auto settings = simulate::same_for_all(3, {.workers = 1, .engine = {}});
  take_engine_times(steps, settings);
  settings.scheduling.next_model = sched::NextModel::longest_wait;
  auto outcome = simulate::run(workload_of(steps), settings, simulate::PolicyName::signalbox);
  std::vector<std::pair<TimePoint, std::uint64_t>> simulated;
  for (std::size_t i = 0; i < outcome.requests.size(); ++i) {
    const auto& request = outcome.requests[i];
    EXPECT_EQ(request.fate, simulate::Fate::served);
    simulated.emplace_back(request.arrived + request.wait, i + 1);
  }
  std::ranges::sort(simulated);
  std::vector<std::uint64_t> order;
  for (const auto& [time, number] : simulated) order.push_back(number);
  EXPECT_THAT(order, SizeIs(asks.size() + 1));
  EXPECT_THAT(starts_in(steps), ElementsAreArray(order));
}

}  // namespace
}  // namespace signalbox::test
