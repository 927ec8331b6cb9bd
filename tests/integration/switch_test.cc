// From one model to another: the order of things, who may hold up a switch and for how long, and what status
// says meanwhile.
#include <array>
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/lives.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Switch, StopsTheOldEngineBeforeItStartsTheNew) {
  TestServer server({.models = {{.name = "a"}, {.name = "b", .fake = {"slow_stop_ms=100"}}}});
  for (const auto* model : {"a", "b", "a", "b", "a"}) {
    EXPECT_EQ(server.chat(model).status, 200U);
    EXPECT_EQ(server.active_model(), model);
    EXPECT_THAT(server.engines(), SizeIs(1));
  }
  EXPECT_THAT(lives(server),
              ElementsAre("start", "exit", "start", "exit", "start", "exit", "start", "exit", "start"));
  for (const auto& record : server.records("stopping")) {
    EXPECT_EQ(record.at("cause").as_string(), "command") << "the fastest way to end it";
    EXPECT_EQ(record.at("open_streams").as_int64(), 0) << "its streams are closed first";
  }
}

TEST(Switch, LetsARunningRequestFinish) {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}}, {.name = "b"}},
                     .scheduler = {"min_visit: 0"}});
  auto running = server.run_chat("a", {.max_tokens = 8});
  auto waiting = server.stream_chat("b");
  static_cast<void>(waiting.next_status("waiting_for_model"));
  EXPECT_TRUE(stays([&] { return server.model_status("b").at("loads").as_int64() == 0; },
                    std::chrono::milliseconds(100)));
  server.touch("go");
  const auto old_answer = transcript_of(running.rest());
  EXPECT_EQ(old_answer.text, "w0 w1 w2 w3 w4 w5 w6 w7");
  EXPECT_TRUE(old_answer.done);
  EXPECT_TRUE(transcript_of(waiting.rest()).done);
  EXPECT_EQ(server.active_model(), "b");
}

TEST(Switch, IsLoggedWithItsDurations) {
  TestServer server({.models = {{.name = "a"}, {.name = "b", .fake = {"load_ms=50"}}}});
  server.load("a");
  server.load("b");
  ASSERT_TRUE(eventually([&] { return server.log("switch finished").size() == 2; }));
  EXPECT_THAT(server.log("switch started"), SizeIs(2));
  const auto line = server.log("switch finished").back();
  EXPECT_EQ(line.at("from").as_string(), "a");
  EXPECT_EQ(line.at("to").as_string(), "b");
  EXPECT_GE(line.at("load_ms").as_int64(), 50);
  EXPECT_GE(line.at("switch_ms").as_int64(),
            line.at("drain_ms").as_int64() + line.at("stop_ms").as_int64() + line.at("load_ms").as_int64());
}

// The names of the phases in the log and in events, in their order.
constexpr std::array kPhases = {"drain_ms", "save_ms",    "stop_ms",    "spawn_ms",
                                "load_ms",  "context_ms", "restore_ms", "first_token_ms"};

TEST(Switch, TellsWhereItsTimeWentOnceTheFirstTokenIsThere) {
  TestServer server({.models = {{.name = "a", .fake = {"slow_stop_ms=60"}},
                                {.name = "b", .fake = {"load_ms=50", "start_ms=70", "first_token_ms=80"}}}});
  EventStream events(server.connect());
  events.connection().send(request_text("GET", "/v1/events"));
  ASSERT_EQ(events.next().value().name, "snapshot");
  server.load("a");
  EXPECT_TRUE(transcript_of(server.stream_chat("b").rest()).done);
  ASSERT_TRUE(eventually([&] { return server.log("switch served").size() == 2; }));
  const auto line = server.log("switch served").back();
  EXPECT_EQ(line.at("from").as_string(), "a");
  EXPECT_EQ(line.at("to").as_string(), "b");
  EXPECT_TRUE(line.at("streamed").as_bool());
  EXPECT_GE(line.at("stop_ms").as_int64(), 60);
  EXPECT_GE(line.at("load_ms").as_int64(), 50);
  EXPECT_GE(line.at("context_ms").as_int64(), 70);
  EXPECT_GE(line.at("first_token_ms").as_int64(), 80);
  std::int64_t sum = 0;
  for (const auto* phase : kPhases) sum += line.at(phase).as_int64();
  EXPECT_LE(sum, line.at("total_ms").as_int64());
  EXPECT_GE(sum + 50, line.at("total_ms").as_int64()) << "nothing of note is in no phase";

  std::vector<boost::json::object> switches;
  while (switches.size() < 2) {
    const auto event = events.next().value();
    if (event.name == "switch") switches.push_back(event.json());
  }
  const auto& told = switches.back();
  EXPECT_EQ(told.at("from").as_string(), "a");
  EXPECT_EQ(told.at("total_ms"), line.at("total_ms"));
  for (const auto* phase : kPhases) EXPECT_EQ(told.at("phases").at(phase), line.at(phase)) << phase;

  const auto metrics = server.get("/metrics").body;
  for (const std::string phase :
       {"drain", "save", "stop", "spawn", "load", "context", "restore", "first_token"}) {
    const bool is_of_a_change =
        phase == "drain" || phase == "save" || phase == "stop" || phase == "first_token";
    EXPECT_THAT(metrics, HasSubstr("signalbox_switch_phase_seconds_count{phase=\"" + phase + "\"} " +
                                   (is_of_a_change ? "1" : "2")));
  }
}

TEST(Switch, ThatFailsIsLoggedWithItsReason) {
  TestServer server({.models = {{.name = "a", .fake = {"load_ms=50", "load_fail=need 7 GiB"}}}});
  EXPECT_EQ(server.chat("a").status, 500U);
  ASSERT_TRUE(eventually([&] { return !server.log("switch failed").empty(); }));
  const auto line = server.log("switch failed").front();
  EXPECT_EQ(line.at("level").as_string(), "error");
  EXPECT_THAT(std::string(line.at("reason").as_string()), HasSubstr("need 7 GiB"));
  EXPECT_TRUE(line.at("switch_ms").is_int64());
}

TEST(Switch, ThatNobodyWantsAnyMoreIsCalledOffAndNoFailure) {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/never"}}, {.name = "b"}},
                     .scheduler = {"min_visit: 0"}});
  auto running = server.run_chat("a");
  auto waiting = server.stream_chat("b");
  ASSERT_TRUE(
      eventually([&] { return !server.log("switch started").empty() && server.state() == "switching"; }));
  waiting.connection().close();
  ASSERT_TRUE(eventually([&] { return server.log("switch called off").size() == 1; }));
  EXPECT_EQ(server.log("switch called off").front().at("level").as_string(), "info");
  EXPECT_TRUE(server.log("switch failed").empty());
}

TEST(Switch, StatusTellsWhatGoesOn) {
  TestServer server(
      {.models = {{.name = "a"}, {.name = "b", .fake = {"load_until=@/b", "load_steps=4", "load_ms=40"}}}});
  EXPECT_EQ(server.state(), "idle");
  server.load("a");
  auto status = server.status();
  EXPECT_EQ(status.at("status").as_string(), "ready");
  EXPECT_EQ(status.at("active_model").as_string(), "a");
  EXPECT_TRUE(status.at("target_model").is_null());
  EXPECT_EQ(status.at("workers").at("size").as_int64(), 4);
  auto waiting = server.stream_chat("b");
  static_cast<void>(waiting.next_status("loading"));
  ASSERT_TRUE(eventually([&] {
    status = server.status();
    return status.contains("progress") && status.at("progress").to_number<double>() >= 0.75;
  }));
  EXPECT_EQ(status.at("status").as_string(), "loading");
  EXPECT_TRUE(status.at("active_model").is_null());
  EXPECT_EQ(status.at("target_model").as_string(), "b");
  EXPECT_GT(status.at("switch_requested_at").as_int64(), 1'600'000'000);
  EXPECT_GE(status.at("switch_elapsed_ms").as_int64(), 0);
  EXPECT_EQ(status.at("queue_lengths").at("b").as_int64(), 1);
  EXPECT_EQ(status.at("queue_lengths").at("a").as_int64(), 0);
  EXPECT_EQ(server.model_status("b").at("status").as_string(), "loading");
  EXPECT_EQ(server.model_status("a").at("status").as_string(), "unloaded");
  server.touch("b");
  EXPECT_TRUE(transcript_of(waiting.rest()).done);
}

TEST(Switch, KillsAnEngineThatDoesNotStop) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"ignore_term"}}, {.name = "b"}}, .engine = {"stop_timeout: 200ms"}});
  server.load("a");
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_THAT(server.engines(), SizeIs(1));
}

TEST(Switch, TakesTheEnginesDescendantsAlong) {
  TestServer server({.models = {{.name = "a", .fake = {"fork_child"}}, {.name = "b"}}});
  server.load("a");
  EXPECT_THAT(server.engines(), SizeIs(2));
  EXPECT_EQ(server.chat("b").status, 200U);
  EXPECT_THAT(server.engines(), SizeIs(1));
}

TEST(Switch, IsNotHeldUpByAClientThatStopsReading) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"token_bytes=65536", "token_ms=0", "tokens=100000"}}, {.name = "b"}},
       .server = {"client_stall_timeout: 300ms"},
       .scheduler = {"min_visit: 0"}});
  server.load("b");  // the first load, so that a's is a switch like any other
  auto connection = server.connect();
  connection.shrink_receive_buffer();
  connection.send(request_text("POST", "/v1/chat/completions", chat_body("a", {.max_tokens = 100'000})));
  ASSERT_TRUE(eventually([&] { return server.in_flight() == 1; }));
  EXPECT_EQ(server.chat("b").status, 200U) << "the stalled client was ended";
  EXPECT_TRUE(eventually([&] { return server.log("client stalled").size() == 1; }));
}

TEST(Switch, IsNotHeldUpByAnEngineThatGoesSilent) {
  TestServer server({.models = {{.name = "a", .fake = {"hang_at_token=2"}}, {.name = "b"}},
                     .scheduler = {"min_visit: 0"},
                     .engine = {"engine_timeout: 300ms"}});
  auto running = server.run_chat("a");
  EXPECT_EQ(server.chat("b").status, 200U);
  const auto got = transcript_of(running.rest());
  ASSERT_TRUE(got.error.has_value());
  EXPECT_EQ(got.error->at("type").as_string(), "engine_timeout");
}

TEST(Starvation, TwoBusyClientsDoNotKeepAnotherModelAway) {
  // One slot: while one client's request runs the other's waits, so there is no pause.
  TestServer server(
      {.models = {{.name = "a", .fake = {"token_ms=2", "load_ms=100"}, .keys = {"slots: 1"}}, {.name = "b"}},
       .scheduler = {"starvation_limit: 300ms", "min_visit: 100"}});
  server.load("a");
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  const auto keep_busy = [&] {
    while (!stop) (server.chat("a", {.max_tokens = 64}).status == 200 ? answered : failed)++;
  };
  {
    std::jthread first(keep_busy);
    std::jthread second(keep_busy);
    EXPECT_TRUE(eventually([&] { return answered >= 2; }));
    EXPECT_EQ(server.chat("b").status, 200U);
    const int before = answered;
    EXPECT_TRUE(eventually([&] { return answered >= before + 2; })) << "and a's clients are served again";
    stop = true;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 1);
  ASSERT_TRUE(eventually([&] { return server.log("switch started").size() >= 2; }));
  EXPECT_EQ(server.log("switch started").at(1).at("cause").as_string(), "starvation_limit");
}

TEST(Starvation, AnIdleModelGivesWayAtOnce) {
  TestServer server(
      {.models = {{.name = "a"}, {.name = "b"}}, .scheduler = {"starvation_limit: 0", "min_visit: 100"}});
  server.load("a");
  EXPECT_EQ(server.chat("b").status, 200U) << "nothing runs, so there is nothing to wait for";
}

TEST(IdleUnload, EndsTheEngineAndTheNextRequestLoadsAgain) {
  TestServer server({.models = {{.name = "a", .keys = {"idle_unload_secs: 200ms"}}}});
  server.load("a");
  EXPECT_TRUE(eventually([&] { return server.state() == "idle" && server.engines().empty(); }));
  EXPECT_EQ(server.active_model(), "");
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_EQ(server.model_status("a").at("loads").as_int64(), 2);
}

TEST(DefaultModel, IsLoadedAtStart) {
  TestServer server({.models = {{.name = "a"}, {.name = "b"}}, .scheduler = {"default_model: b"}});
  EXPECT_TRUE(eventually([&] { return server.active_model() == "b"; }));
}

TEST(Engine, IsStartedLean) {
  TestServer server({.models = {{.name = "a", .keys = {"slots: 3", "context: 1000"}}}});
  server.load("a");
  const auto starts = server.records("start");
  ASSERT_THAT(starts, SizeIs(1));
  std::vector<std::string> arguments;
  for (const auto& argument : starts[0].at("args").as_array()) arguments.emplace_back(argument.as_string());
  EXPECT_THAT(arguments, AllOf(Contains("--no-warmup"), Contains("--no-ui"), Contains("--offline"),
                               Contains("--alias")));
  const auto after = [&](const std::string& flag) {
    const auto at = std::ranges::find(arguments, flag);
    return at == arguments.end() || at + 1 == arguments.end() ? std::string("missing") : *(at + 1);
  };
  EXPECT_EQ(after("--parallel"), "3");
  EXPECT_EQ(after("--ctx-size"), "3000");
  EXPECT_EQ(after("--alias"), "a");
  EXPECT_THAT(after("--host"), testing::EndsWith(".sock"));
}

TEST(Engine, AnOldOneIsServedOverTcpAndPolled) {
  TestServer server({.models = {{.name = "a"}, {.name = "b"}}, .engine_program = "old_engine"});
  EXPECT_EQ(server.chat("a").status, 200U);
  EXPECT_EQ(server.chat("b").status, 200U);
  const auto starts = server.records("start");
  ASSERT_THAT(starts, SizeIs(2));
  for (const auto& argument : starts[0].at("args").as_array()) EXPECT_NE(argument.as_string(), "--no-warmup");
}

TEST(Engine, MayRefuseHealthInItsFirstInstant) {
  TestServer server({.models = {{.name = "a", .fake = {"health_fail=3"}}}});
  EXPECT_EQ(server.chat("a").status, 200U);
}

}  // namespace
}  // namespace signalbox::test
