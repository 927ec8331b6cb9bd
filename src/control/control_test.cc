// The shell around the scheduler: commands reach the launcher, wake-ups reach the tickets, places come back.
#include "control/control.h"

#include <functional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/fakes_test.h"

namespace signalbox::control {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr ModelIndex kModelA(0);
constexpr ModelIndex kModelB(1);
constexpr auto kDeadline = std::chrono::seconds(20);

class ControlTest : public testing::Test {
 protected:
  ControlTest() : upstream_(io_.get_executor()) {}
  void SetUp() override {
    Options options;
    options.model_names = {"a", "b"};
    options.scheduling.models.resize(2);
    for (auto& model : options.scheduling.models) {
      model.workers = 1;
      model.queue_size = 2;
    }
    options.scheduling.replay = sched::Replay::once;
    options.scheduling.overlap = overlap();
    control_ = std::make_unique<Control>(io_.get_executor(), clock_, launcher_, upstream_, metrics_, options);
    control_->begin();
  }

  [[nodiscard]] virtual sched::Overlap overlap() const { return sched::Overlap::off; }

  std::shared_ptr<Ticket> admit(ModelIndex model) {
    auto admitted = control_->admit(Admission{.model = model});
    if (std::holds_alternative<Refused>(admitted)) return nullptr;
    return std::move(std::get<std::unique_ptr<Ticket>>(admitted));
  }

  // Runs the loop until `done`, or fails the test.
  void run_until(const std::function<bool()>& done) {
    const TimePoint deadline = clock_.now() + kDeadline;
    while (!done()) {
      ASSERT_LT(clock_.now(), deadline) << "waited too long";
      if (io_.stopped()) io_.restart();
      io_.run_one_for(std::chrono::milliseconds(50));
    }
  }

  Wakeup next(std::shared_ptr<Ticket> ticket) {
    std::optional<Wakeup> wakeup;
    asio::co_spawn(io_, await_next(std::move(ticket), &wakeup), asio::detached);
    run_until([&] { return wakeup.has_value(); });
    return wakeup.value_or(ClientGone());
  }

  static asio::awaitable<void> await_next(std::shared_ptr<Ticket> ticket, std::optional<Wakeup>* out) {
    *out = co_await ticket->next();
  }

  static asio::awaitable<void> await_open(std::shared_ptr<Ticket> ticket,
                                          std::optional<Result<UpstreamStream*>>* out) {
    UpstreamRequest request;
    request.target = "/v1/chat/completions";
    *out = co_await ticket->open(std::move(request), TimePoint::max());
  }

  // What end_run says, once it is over.
  struct Ending {
    bool over = false;
    std::optional<Requeued> requeued;
  };
  static asio::awaitable<void> await_end(std::shared_ptr<Ticket> ticket, sched::Closing closing,
                                         Ending* out) {
    out->requeued = co_await ticket->end_run(closing);
    out->over = true;
  }
  Ending end_run(std::shared_ptr<Ticket> ticket, sched::Closing closing) {
    Ending ending;
    asio::co_spawn(io_, await_end(std::move(ticket), closing, &ending), asio::detached);
    run_until([&] { return ending.over; });
    return ending;
  }

  std::shared_ptr<Ticket> start_on_ready_engine(ModelIndex model) {
    auto ticket = admit(model);
    launcher_.file_is_good(model);
    launcher_.ready(1);
    for (int i = 0; i < 10; ++i) {
      if (std::holds_alternative<Started>(next(ticket))) return ticket;
    }
    ADD_FAILURE() << "did not start";
    return ticket;
  }

  asio::io_context io_;
  SystemClock clock_;
  FakeEngineLauncher launcher_;
  FakeUpstream upstream_;
  metrics::Metrics metrics_{{.model_names = {"a", "b"}, .version = "1"}};
  std::unique_ptr<Control> control_;
};

TEST_F(ControlTest, LoadsTheModelOfTheFirstRequest) {
  const auto ticket = admit(kModelA);
  launcher_.file_is_good(kModelA);
  EXPECT_THAT(launcher_.history, ElementsAre("check 0", "start 0"));
}

TEST_F(ControlTest, TellsAWaiterEachStepAndThenStartsIt) {
  const auto ticket = admit(kModelA);
  launcher_.file_is_good(kModelA);
  launcher_.progress(1000);
  launcher_.ready(1);
  std::vector<std::string> steps;
  for (bool started = false; !started;) {
    const Wakeup wakeup = next(ticket);
    if (const auto* status = std::get_if<sched::RequestStatus>(&wakeup)) {
      const bool loading = status->status == sched::WaitStatus::loading;
      steps.push_back(loading ? fmt::format("loading {}", status->progress_thousandths.value_or(0))
                              : "waiting");
    }
    started = std::holds_alternative<Started>(wakeup);
    ASSERT_LT(steps.size(), 10U);
  }
  EXPECT_EQ(steps.back(), "loading 1000");
  EXPECT_THAT(steps, testing::Contains("loading 0"));
}

TEST_F(ControlTest, GivesTheReasonOfAFailedLoadToEachWaiter) {
  const auto first = admit(kModelA);
  const auto second = admit(kModelA);
  launcher_.file_is_bad(kModelA, "a.gguf: no such file");
  for (const auto& ticket : {first, second}) {
    std::optional<Refused> refused;
    for (int i = 0; i < 10 && !refused; ++i) {
      const Wakeup wakeup = next(ticket);
      if (const auto* found = std::get_if<Refused>(&wakeup)) refused = *found;
    }
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->detail, HasSubstr("no such file"));
  }
}

TEST_F(ControlTest, RefusesAtOnceWhenTheQueueIsFull) {
  const auto first = admit(kModelA);
  const auto second = admit(kModelA);
  EXPECT_EQ(admit(kModelA), nullptr);
}

TEST_F(ControlTest, ForgetsAWaiterThatLeavesAtOnce) {
  const auto ticket = admit(kModelA);
  EXPECT_EQ(control_->snapshot().models[0].queue_length, 1U);
  ticket->client_gone();
  EXPECT_EQ(control_->snapshot().models[0].queue_length, 0U);
  EXPECT_TRUE(std::holds_alternative<ClientGone>(next(ticket)));
}

TEST_F(ControlTest, FreesThePlaceOfACutRequestOnlyWhenTheEngineSaysSo) {
  auto running = start_on_ready_engine(kModelA);
  std::optional<Result<UpstreamStream*>> opened;
  asio::co_spawn(io_, await_open(running, &opened), asio::detached);
  run_until([&] { return opened.has_value(); });
  const auto waiting = admit(kModelA);

  upstream_.busy = 1;
  running->client_gone();
  run_until([&] { return upstream_.busy_asked >= 3; });
  EXPECT_EQ(control_->snapshot().models[0].queue_length, 1U);

  upstream_.busy = 0;
  run_until([&] { return control_->snapshot().models[0].queue_length == 0; });
  EXPECT_EQ(control_->snapshot().workers_busy, 1U);
}

TEST_F(ControlTest, TellsARunningRequestThatItsEngineDied) {
  const auto running = start_on_ready_engine(kModelA);
  EXPECT_TRUE(running->begin_answer());
  launcher_.exits("killed by signal 9");
  ASSERT_TRUE(running->aborted());
  EXPECT_EQ(running->aborted()->abort, sched::Abort::engine_died);
  EXPECT_THAT(running->aborted()->detail, HasSubstr("signal 9"));
}

TEST_F(ControlTest, PutsARequestWithoutAByteBackWhenItsEngineDied) {
  const auto running = start_on_ready_engine(kModelA);
  EXPECT_TRUE(running->may_run_again());
  launcher_.exits("killed by signal 9");
  EXPECT_FALSE(running->aborted());
  EXPECT_TRUE(running->may_run_again()) << "and will, as its route is about to hear";
  EXPECT_FALSE(running->begin_answer()) << "what was read of the dead engine is not to be sent";
  const auto ending = end_run(running, sched::Closing::cut);
  ASSERT_TRUE(ending.requeued);
  EXPECT_THAT(ending.requeued->detail, HasSubstr("signal 9"));
  EXPECT_FALSE(running->may_run_again());
  EXPECT_EQ(control_->snapshot().models[0].queue_length, 1U);

  launcher_.file_is_good(kModelA);
  launcher_.ready(1);
  bool started = false;
  for (int i = 0; i < 10 && !started; ++i) started = std::holds_alternative<Started>(next(running));
  EXPECT_TRUE(started);
  EXPECT_TRUE(running->begin_answer());
}

TEST_F(ControlTest, TellsThePresentStepToOneThatWaitsAgain) {
  const auto running = start_on_ready_engine(kModelA);
  launcher_.exits("killed by signal 9");
  static_cast<void>(end_run(running, sched::Closing::cut));
  EXPECT_TRUE(std::holds_alternative<sched::RequestStatus>(next(running)));
}

TEST_F(ControlTest, SparesARouteTheStartThatCameToNothing) {
  const auto ticket = admit(kModelA);
  for (int life = 0; life < 2; ++life) {
    launcher_.file_is_good(kModelA);
    launcher_.ready(1);
    if (life == 0) launcher_.exits("killed by signal 9");
  }
  bool started = false;
  for (int i = 0; i < 10 && !started; ++i) started = std::holds_alternative<Started>(next(ticket));
  EXPECT_TRUE(started);
  std::optional<Result<UpstreamStream*>> opened;
  asio::co_spawn(io_, await_open(ticket, &opened), asio::detached);
  run_until([&] { return opened.has_value(); });
  EXPECT_TRUE(opened->has_value()) << "it is the second start that it saw";
}

TEST_F(ControlTest, WaitsForTheEndOfAnEngineThatBrokeAnAnswerOff) {
  upstream_.answers_slots = false;
  const auto running = start_on_ready_engine(kModelA);
  Ending ending;
  asio::co_spawn(io_, await_end(running, sched::Closing::engine_broke, &ending), asio::detached);
  run_until([&] { return upstream_.busy_asked >= 3; });
  EXPECT_FALSE(ending.over);
  launcher_.exits("killed by signal 9");
  run_until([&] { return ending.over; });
  EXPECT_TRUE(ending.requeued);
}

TEST_F(ControlTest, EndsALostAnswerOfAnEngineThatLives) {
  const auto running = start_on_ready_engine(kModelA);
  const auto ending = end_run(running, sched::Closing::engine_broke);
  EXPECT_FALSE(ending.requeued);
  EXPECT_FALSE(running->aborted());
  EXPECT_EQ(control_->snapshot().workers_busy, 0U);
}

TEST_F(ControlTest, ForgetsAClientThatLeavesALostAnswer) {
  upstream_.answers_slots = false;
  auto running = start_on_ready_engine(kModelA);
  Ending ending;
  asio::co_spawn(io_, await_end(running, sched::Closing::engine_broke, &ending), asio::detached);
  run_until([&] { return upstream_.busy_asked >= 1; });
  running->client_gone();
  run_until([&] { return ending.over; });
  EXPECT_FALSE(ending.requeued);
  EXPECT_EQ(control_->snapshot().in_flight, 0U);
  upstream_.answers_slots = true;
  run_until([&] { return control_->snapshot().workers_busy == 0; });
}

TEST_F(ControlTest, KillsAnEngineThatIsSilentAndPutsItsRequestBack) {
  const auto running = start_on_ready_engine(kModelA);
  const auto ending = end_run(running, sched::Closing::engine_silent);
  EXPECT_TRUE(ending.requeued);
  EXPECT_EQ(launcher_.history.back(), "kill");
}

TEST_F(ControlTest, ClosesTheEnginesStreamsBeforeItStopsTheEngine) {
  const auto running = start_on_ready_engine(kModelA);
  const Epoch old = launcher_.last_epoch;
  running->close(sched::Closing::answered);
  const auto other = admit(kModelB);
  launcher_.file_is_good(kModelB);
  run_until([&] { return launcher_.history.back() == "stop"; });
  EXPECT_THAT(upstream_.closed, ElementsAre(old));
}

TEST_F(ControlTest, HasTheNextModelsFileReadAheadUntilItsEngineStarts) {
  const auto running = start_on_ready_engine(kModelA);
  EXPECT_EQ(launcher_.reading, std::nullopt) << "nothing ran before it";
  const auto other = admit(kModelB);
  launcher_.file_is_good(kModelB);
  run_until([&] { return launcher_.reading == kModelB; });
  running->close(sched::Closing::answered);
  EXPECT_EQ(launcher_.history.back(), "stop");
  EXPECT_EQ(launcher_.reading, kModelB) << "as long as the old engine takes to exit";
  launcher_.exits("exited with status 0");
  EXPECT_EQ(launcher_.history.back(), "start 1");
  EXPECT_EQ(launcher_.reading, std::nullopt);
}

TEST_F(ControlTest, EndsTheReadingAheadOfAModelThatNobodyWantsAnyMore) {
  const auto running = start_on_ready_engine(kModelA);
  {
    const auto other = admit(kModelB);
    launcher_.file_is_good(kModelB);
    run_until([&] { return launcher_.reading == kModelB; });
    other->client_gone();
  }
  EXPECT_EQ(launcher_.reading, std::nullopt);
}

TEST_F(ControlTest, EndsTheReadingAheadWhenItStops) {
  const auto running = start_on_ready_engine(kModelA);
  const auto other = admit(kModelB);
  launcher_.file_is_good(kModelB);
  run_until([&] { return launcher_.reading == kModelB; });
  control_->stop();
  EXPECT_EQ(launcher_.reading, std::nullopt);
}

TEST_F(ControlTest, PublishesChangesButNotTheMerePassingOfTime) {
  const auto subscription = control_->subscribe();
  const auto ticket = admit(kModelA);
  std::shared_ptr<const sched::Snapshot> snapshot;
  const auto follow = [](Subscription* from,
                         std::shared_ptr<const sched::Snapshot>* out) -> asio::awaitable<void> {
    *out = co_await from->next(TimePoint::max());
  };
  asio::co_spawn(io_, follow(subscription.get(), &snapshot), asio::detached);
  run_until([&] { return snapshot != nullptr; });
  EXPECT_EQ(snapshot->models[0].queue_length, 1U);
}

TEST_F(ControlTest, StopsTheEngineAndAnswersWaitersAtShutdown) {
  const auto running = start_on_ready_engine(kModelA);
  const auto waiting = admit(kModelA);
  control_->stop();
  EXPECT_EQ(admit(kModelA), nullptr);
  running->close(sched::Closing::answered);
  EXPECT_EQ(launcher_.history.back(), "stop");
  bool stopped = false;
  const auto wait = [](Control* control, bool* out) -> asio::awaitable<void> {
    co_await control->stopped();
    *out = true;
  };
  asio::co_spawn(io_, wait(control_.get(), &stopped), asio::detached);
  launcher_.exits("exited with status 0");
  run_until([&] { return stopped; });
}

class OverlapTest : public ControlTest {
 protected:
  [[nodiscard]] sched::Overlap overlap() const override { return sched::Overlap::automatic; }
};

TEST_F(OverlapTest, AnEngineBesideThePresentOneIsOfNoConcernToItsRequests) {
  const auto running = start_on_ready_engine(kModelA);
  const auto first = launcher_.last_epoch;
  const auto waiting = admit(kModelB);
  launcher_.file_is_good(kModelB);
  static_cast<void>(control_->select(kModelB));
  EXPECT_EQ(launcher_.history.back(), "memory 1");
  launcher_.memory_suffices(kModelB);
  EXPECT_EQ(launcher_.history.back(), "start 1");
  launcher_.ready(1);
  launcher_.memory_runs_short();
  EXPECT_EQ(launcher_.history.back(), "kill");
  EXPECT_THAT(upstream_.closed, ElementsAre(launcher_.last_epoch)) << "not the present one's streams";
  launcher_.exits("killed");
  EXPECT_EQ(control_->snapshot().in_flight, 1U);
  running->close(sched::Closing::cut);
  run_until([&] { return launcher_.history.back() == "stop"; });
  launcher_.exits_of(first, "stopped");
  EXPECT_EQ(launcher_.history.back(), "start 1");
  waiting->client_gone();
}

}  // namespace
}  // namespace signalbox::control
