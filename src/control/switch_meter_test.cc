#include "control/switch_meter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sched/policy.h"

namespace signalbox::control {
namespace {

using testing::HasSubstr;

constexpr ModelIndex kA(0);
constexpr ModelIndex kB(1);
constexpr Epoch kFirst(1);
constexpr Epoch kSecond(2);

class SwitchMeterTest : public testing::Test {
 protected:
  // `line` without the prefix that all have.
  void expect(std::string_view line) {
    const metrics::Present present{.models = std::vector<metrics::Present::Model>(2)};
    EXPECT_THAT(metrics_.text(present), HasSubstr("\nsignalbox_" + std::string(line) + "\n"));
  }

  metrics::Metrics metrics_{{.model_names = {"a", "b"}}};
  SwitchMeter meter_{metrics_};
};

TEST_F(SwitchMeterTest, KnowsTheCauseWhenTheSwitchEnds) {
  meter_.count(sched::SwitchStarted{.from = kA, .to = kB, .cause = "starvation_limit"});
  meter_.count(sched::SwitchFinished{.from = kA, .to = kB}, {.drain = std::chrono::seconds(3)});
  expect(R"(switches_started_total{cause="starvation_limit"} 1)");
  expect(R"(switches_ended_total{cause="starvation_limit",end="finished"} 1)");
  expect(R"(switch_phase_seconds_sum{phase="drain"} 3)");
  expect(R"(switch_phase_seconds_count{phase="stop"} 1)");
  expect("switch_seconds_count 1");
}

TEST_F(SwitchMeterTest, CountsNoDrainAndNoStopForAFirstLoad) {
  meter_.count(sched::SwitchStarted{.from = std::nullopt, .to = kB, .cause = "default_model"});
  meter_.count(sched::SwitchFinished{.from = std::nullopt, .to = kB}, {.load = std::chrono::seconds(2)});
  expect(R"(switch_phase_seconds_count{phase="drain"} 0)");
  expect(R"(switch_phase_seconds_count{phase="stop"} 0)");
  expect(R"(switch_phase_seconds_sum{phase="load"} 2)");
}

TEST_F(SwitchMeterTest, CountsWhatTheFirstAnswerWaitedFor) {
  meter_.count_first_answer(
      {.from = kA, .to = kB, .restore = std::chrono::seconds(1), .first_token = std::chrono::seconds(4)});
  meter_.count_first_answer({.from = kA, .to = kB, .restore = std::chrono::seconds(2)});
  expect(R"(switch_phase_seconds_sum{phase="restore"} 3)");
  expect(R"(switch_phase_seconds_sum{phase="first_token"} 4)");
  expect(R"(switch_phase_seconds_count{phase="first_token"} 1)");
}

TEST_F(SwitchMeterTest, TellsAFailureFromWhatWasCalledOff) {
  meter_.count(sched::SwitchStarted{.from = kA, .to = kB, .cause = "select"});
  meter_.count(sched::SwitchFailed{.from = kA, .to = kB, .reason = "", .end = sched::SwitchEnd::called_off});
  meter_.count(sched::SwitchStarted{.from = kA, .to = kB, .cause = "select"});
  meter_.count(sched::SwitchFailed{.from = kA, .to = kB, .reason = "bad magic"});
  expect(R"(switches_ended_total{cause="select",end="called_off"} 1)");
  expect(R"(switches_ended_total{cause="select",end="failed"} 1)");
  expect(R"(load_failures_total{model="b"} 1)");
}

TEST_F(SwitchMeterTest, HasNoCauseForASwitchThatFailedBeforeItBegan) {
  meter_.count(sched::SwitchStarted{.from = std::nullopt, .to = kA, .cause = "waiters"});
  meter_.count(sched::SwitchFinished{.from = std::nullopt, .to = kA});
  meter_.count(sched::SwitchFailed{.from = kA, .to = kB, .reason = "no such file"});
  expect(R"(switches_ended_total{cause="not_begun",end="failed"} 1)");
  expect(R"(load_failures_total{model="b"} 1)");
}

TEST_F(SwitchMeterTest, TellsAnEngineThatDiedFromOneThatWasToldToStop) {
  meter_.count(sched::StartEngine{.model = kA, .epoch = kFirst});
  meter_.count(sched::StopEngine{.epoch = kFirst});
  meter_.engine_exited(kFirst);
  meter_.count(sched::StartEngine{.model = kB, .epoch = kSecond});
  meter_.engine_exited(kFirst);
  expect(R"(engine_deaths_total{model="b"} 0)");
  meter_.engine_exited(kSecond);
  expect(R"(engine_starts_total{model="a"} 1)");
  expect(R"(engine_deaths_total{model="a"} 0)");
  expect(R"(engine_deaths_total{model="b"} 1)");
}

TEST_F(SwitchMeterTest, CountsAKilledEngineOnceAndAsNoDeath) {
  meter_.count(sched::StartEngine{.model = kA, .epoch = kFirst});
  meter_.count(sched::StopEngine{.epoch = kFirst});
  meter_.count(sched::KillEngine{.epoch = kFirst, .reason = "it did not stop"});
  meter_.count(sched::KillEngine{.epoch = kFirst, .reason = "it has not exited yet"});
  meter_.engine_exited(kFirst);
  expect(R"(engine_kills_total{model="a"} 1)");
  expect(R"(engine_deaths_total{model="a"} 0)");
}

// The scheduler's words are the label's values; a new one must be added here and there.
TEST_F(SwitchMeterTest, KnowsEveryCauseOfTheScheduler) {
  for (const auto cause : {sched::Cause::waiters, sched::Cause::starvation_limit, sched::Cause::select,
                           sched::Cause::default_model, sched::Cause::reload}) {
    const std::string word(sched::name_of(cause));
    meter_.count(sched::SwitchStarted{.from = std::nullopt, .to = kA, .cause = word});
    expect("switches_started_total{cause=\"" + word + "\"} 1");
  }
}

}  // namespace
}  // namespace signalbox::control
