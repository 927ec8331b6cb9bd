// An engine that dies or hangs is not the client's problem, as long as the client has had nothing of its
// answer: the request is sent once more to the next engine. Who has had a part is told at once.
#include <csignal>
#include <exception>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/in_stream_error.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// Its engine says nothing before the file "first" is there, and no second token before the file "go". The
// model is loaded.
class Mortal {
 public:
  explicit Mortal(std::uint32_t slots, std::vector<std::string> more_scheduler = {},
                  std::vector<std::string> more_fake = {})
      : server_(setup(slots, std::move(more_scheduler), std::move(more_fake))) {
    let_speak();
    server_.touch("loads");
    server_.load("a");
    server_.remove("first");
    server_.remove("go");
  }

  TestServer* operator->() { return &server_; }
  [[nodiscard]] TestServer& server() { return server_; }

  void let_speak() const {
    server_.touch("first");
    server_.touch("go");
  }
  void kill_engine() const { signal_engine(SIGKILL); }
  void signal_engine(int number) const {
    const auto engines = server_.engines();
    ASSERT_THAT(engines, SizeIs(1));
    ::kill(engines[0].pid, number);
  }
  // At the engine, too.
  [[nodiscard]] bool runs(std::int64_t running, std::int64_t waiting = 0) const {
    return eventually([&] {
      if (server_.in_flight() != running || server_.queue_length("a") != waiting) return false;
      try {
        return server_.busy_engine_slots() == running;
      } catch (const std::exception&) {
        return false;  // the one before, which is about to be missed
      }
    });
  }
  [[nodiscard]] double metric(const std::string& series) const {
    const auto text = server_.get("/metrics").body;
    const auto line = fmt::format("\nsignalbox_{} ", series);
    const auto at = text.find(line);
    EXPECT_NE(at, std::string::npos) << series;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }
  [[nodiscard]] double replays() const { return metric(R"(requests_replayed_total{model="a"})"); }
  [[nodiscard]] double body_bytes() const { return metric("queued_body_bytes"); }

 private:
  static Setup setup(std::uint32_t slots, std::vector<std::string> scheduler, std::vector<std::string> more) {
    std::vector<std::string> fake = {"first_until=@/first", "tokens_until=@/go", "load_until=@/loads"};
    fake.insert(fake.end(), more.begin(), more.end());
    return {.models = {{.name = "a", .fake = fake, .keys = {fmt::format("slots: {}", slots)}}},
            .scheduler = std::move(scheduler),
            .engine = {"engine_timeout: 700ms"}};
  }

  TestServer server_;
};

void expect_answer(EventStream& stream) {
  const auto got = transcript_of(stream.rest());
  EXPECT_EQ(stream.end(), End::clean);
  EXPECT_TRUE(got.done) << stream.raw();
  EXPECT_FALSE(got.error) << stream.raw();
  EXPECT_EQ(got.text, "w0 w1 w2 w3");
  EXPECT_EQ(got.roles, 1) << stream.raw();
  EXPECT_THAT(got.ids, SizeIs(1));
  EXPECT_THAT(got.finish_reasons, ElementsAre("length"));
}

class EightRequests : public testing::TestWithParam<std::uint32_t> {};

TEST_P(EightRequests, WithoutAByteAreAllAnswered) {
  const auto slots = GetParam();
  Mortal model(slots);
  std::vector<EventStream> streams;
  std::vector<Connection> wholes;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(model->stream_chat("a"));
    wholes.push_back(model->start_chat("a", {.stream = false}));
  }
  ASSERT_TRUE(model.runs(slots, 8 - slots));
  model.kill_engine();
  model.let_speak();
  for (auto& stream : streams) expect_answer(stream);
  for (auto& whole : wholes) {
    const auto reply = whole.read_reply();
    EXPECT_EQ(reply.status, 200U) << reply.body;
    EXPECT_THAT(reply.body, HasSubstr("w0 w1 w2 w3"));
    EXPECT_THAT(reply.header("X-Queue-Wait-Ms"), Not(IsEmpty())) << "it had to wait for the next engine";
  }
  EXPECT_EQ(model.replays(), slots) << "the others had not been started yet";
  EXPECT_EQ(model.metric(R"(wait_seconds_count{model="a"})"), 1 + 8) << "nobody's wait counts twice";
  EXPECT_EQ(model.metric(R"(requests_total{model="a",outcome="answered",route="chat"})"), 1 + 8);
  ASSERT_TRUE(eventually([&] { return model->log("request replayed").size() == slots; }));
  EXPECT_THAT(model->log_text(), HasSubstr("killed by signal 9"));
}

INSTANTIATE_TEST_SUITE_P(EngineDeath, EightRequests, testing::Values(1, 4, 8),
                         [](const auto& info) { return fmt::format("at_{}_slots", info.param); });

TEST(EngineDeath, IsToldAtOnceToWhoHasHadAPartOfTheAnswer) {
  Mortal model(3);
  model->touch("first");
  auto begun = model->run_chat("a");
  static_cast<void>(begun.next());
  model->remove("first");
  auto whole = model->start_chat("a", {.stream = false});
  auto without = model->stream_chat("a");
  ASSERT_TRUE(model.runs(3));
  model->remove("loads");
  model.kill_engine();
  EXPECT_THAT(expect_in_stream_error(begun, "engine_error"), Not(HasSubstr("twice")));
  EXPECT_TRUE(eventually([&] { return model->queue_length("a") == 2; })) << "the others wait again";
  model->touch("loads");
  model.let_speak();
  EXPECT_EQ(whole.read_reply().status, 200U);
  expect_answer(without);
  EXPECT_EQ(model.replays(), 2);
}

TEST(EngineDeath, WithWaitersReloadsForThem) {
  Mortal model(1);
  model->touch("first");
  auto begun = model->run_chat("a");
  static_cast<void>(begun.next());
  auto waiting = model->stream_chat("a");
  static_cast<void>(waiting.next_status("queued"));
  model.kill_engine();
  expect_in_stream_error(begun, "engine_error");
  model.let_speak();
  EXPECT_TRUE(transcript_of(waiting.rest()).done);
  EXPECT_EQ(model.replays(), 0) << "it had not been started";
}

TEST(EngineDeath, LetsAWholeAnswerBeginAgainHoweverMuchOfItHadCome) {
  Mortal model(1);
  model->touch("first");  // the engine sends a token, and the client nothing
  auto whole = model->start_chat("a", {.stream = false});
  ASSERT_TRUE(model.runs(1));
  model.kill_engine();
  model->touch("go");
  const auto reply = whole.read_reply();
  EXPECT_EQ(reply.status, 200U);
  EXPECT_THAT(reply.body, HasSubstr(R"("content":"w0 w1 w2 w3")"));
}

TEST(EngineDeath, GivesTheNextEngineTheSameRequest) {
  Mortal model(1);
  auto stream = model->stream_chat("a", {.more = R"("seed":7)"});
  ASSERT_TRUE(model.runs(1));
  model.kill_engine();
  model.let_speak();
  expect_answer(stream);
  const auto requests = model->engine_requests();
  ASSERT_THAT(requests, SizeIs(3)) << "one for the load";
  EXPECT_EQ(requests[1], requests[2]);
}

TEST(EngineDeath, IsSeenAsStatusByWhoStartedAtOnce) {
  Mortal model(1, {"heartbeat_interval: 50ms"});
  auto stream = model->stream_chat("a");
  ASSERT_TRUE(model.runs(1));
  model->remove("loads");
  model.kill_engine();
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(stream.next_status("loading").json(), Not(IsEmpty()));  // heartbeats
  model->touch("loads");
  model.let_speak();
  const auto events = stream.rest();
  EXPECT_THAT(transcript_of(events).statuses, ElementsAre("loading", "processing"));
  EXPECT_TRUE(transcript_of(events).done);
  EXPECT_THAT(stream.raw(), AllOf(HasSubstr("Loading a."), HasSubstr("Starting a.")));
}

TEST(EngineDeath, IsSeenAsStatusWithoutMoreWordsByWhoHadWaited) {
  TestServer server({.models = {{.name = "a", .fake = {"first_until=@/first"}}}});
  auto stream = server.stream_chat("a");
  static_cast<void>(stream.next_status("processing"));
  ASSERT_TRUE(eventually([&] { return server.busy_engine_slots() == 1; }));
  ::kill(server.engines().at(0).pid, SIGKILL);
  server.touch("first");
  const auto rest = transcript_of(stream.rest());
  EXPECT_THAT(rest.statuses, ElementsAre("loading", "processing"));
  EXPECT_EQ(rest.words, "") << "the empty line before the answer has gone out";
  EXPECT_EQ(rest.text, "w0 w1 w2 w3");
  EXPECT_EQ(rest.roles, 0) << "it was in the first chunk of all";
}

TEST(EngineDeath, IsNoProblemOnTheOtherRoutesEither) {
  Mortal model(4);
  EventStream completions(
      model->start("/v1/completions", R"({"model":"a","prompt":"x","max_tokens":4,"stream":true})"));
  EventStream responses(
      model->start("/v1/responses", R"({"model":"a","input":"x","max_output_tokens":4,"stream":true})"));
  auto whole = model->start("/v1/responses", R"({"model":"a","input":"x","max_output_tokens":4})");
  ASSERT_TRUE(model.runs(3));
  model.kill_engine();
  model.let_speak();
  EXPECT_TRUE(transcript_of(completions.rest()).done);
  static_cast<void>(responses.rest());
  const auto& raw = responses.raw();
  EXPECT_THAT(raw, AllOf(HasSubstr("event: response.completed"), HasSubstr("w0 w1 w2 w3")));
  EXPECT_EQ(raw.find("event: response.created"), raw.rfind("event: response.created"));
  EXPECT_EQ(whole.read_reply().status, 200U);
}

TEST(EngineDeath, IsToldAsSuchTheSecondTime) {
  Mortal model(2);
  auto stream = model->stream_chat("a");
  auto whole = model->start_chat("a", {.stream = false});
  for (int death = 0; death < 2; ++death) {
    ASSERT_TRUE(model.runs(2));
    model.kill_engine();
  }
  EXPECT_THAT(expect_in_stream_error(stream, "engine_error"),
              AllOf(HasSubstr("twice"), HasSubstr("signal 9")));
  const auto reply = whole.read_reply();
  EXPECT_EQ(reply.status, 502U);
  EXPECT_EQ(reply.error("type"), "engine_error");
  EXPECT_THAT(reply.error("message"), AllOf(HasSubstr("twice"), HasSubstr("signal 9")));
  model.let_speak();
  EXPECT_EQ(model->chat("a").status, 200U);
}

// It had the head of an error; what it would have said died with it.
TEST(EngineDeath, InTheMiddleOfAnErrorIsADeathLikeAnyOther) {
  TestServer server({.models = {{.name = "a", .fake = {"half_error_until=@/go"}}}});
  auto stream = server.stream_chat("a");
  ASSERT_TRUE(eventually([&] { return server.records("hanging").size() == 1; }));
  server.touch("go");
  const auto engines = server.engines();
  ASSERT_THAT(engines, SizeIs(1));
  ::kill(engines[0].pid, SIGKILL);
  EXPECT_TRUE(transcript_of(stream.rest()).done);
  EXPECT_THAT(server.records("start"), SizeIs(2));
}

TEST(EngineHang, InTheMiddleOfAnErrorIsNoticed) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"half_error_until=@/go"}}}, .engine = {"engine_timeout: 300ms"}});
  const auto reply = server.chat("a");
  EXPECT_EQ(reply.status, 504U);
  EXPECT_EQ(reply.error("type"), "engine_timeout");
  EXPECT_THAT(server.records("start"), SizeIs(2)) << "it was tried once more";
}

TEST(EngineDeath, AgainAndAgainEndsInAQuarantineWithTheReason) {
  TestServer server({.models = {{.name = "a", .fake = {"crash_at_token=0"}}}});
  EXPECT_EQ(server.chat("a").status, 502U) << "two deaths";
  const auto third = server.chat("a");
  EXPECT_EQ(third.status, 500U);
  EXPECT_EQ(third.error("type"), "model_load_failed");
  EXPECT_THAT(third.error("message"), HasSubstr("signal 6"));
  const auto next = server.chat("a");
  EXPECT_EQ(next.status, 503U);
  EXPECT_EQ(next.error("code"), "quarantined");
  EXPECT_THAT(next.error("message"), HasSubstr("signal 6"));
  EXPECT_EQ(server.model_status("a").at("status").as_string(), "quarantined");
  EXPECT_THAT(server.records("start"), SizeIs(3));
}

TEST(EngineDeath, DoesNotKeepAClientThatLeavesWhileItWaitsAgain) {
  Mortal model(2);
  auto leaving = model->stream_chat("a");
  auto staying = model->stream_chat("a");
  ASSERT_TRUE(model.runs(2));
  model->remove("loads");
  model.kill_engine();
  static_cast<void>(staying.next_status("loading"));
  ASSERT_EQ(model->queue_length("a"), 2);
  leaving.connection().close();
  EXPECT_TRUE(eventually([&] { return model->queue_length("a") == 1; }));
  EXPECT_EQ(model.metric(R"(client_disconnects_total{stage="waiting"})"), 1);
  model->touch("loads");
  model.let_speak();
  EXPECT_TRUE(transcript_of(staying.rest()).done);
  EXPECT_THAT(model->engine_requests(), SizeIs(4)) << "nothing more was asked for the one that left";
}

TEST(EngineDeath, IsNotWaitedForAfterAStop) {
  Mortal model(1);
  auto stream = model->stream_chat("a");
  ASSERT_TRUE(model.runs(1));
  model->remove("loads");
  model.kill_engine();
  static_cast<void>(stream.next_status("loading"));
  model->signal(SIGTERM);
  static_cast<void>(expect_in_stream_error(stream, "server_busy"));
  EXPECT_EQ(model->wait_exit(), 0);
}

TEST(EngineDeath, DuringTheServersEndIsNoReasonToBeginAgain) {
  Mortal model(1);
  auto whole = model->start_chat("a", {.stream = false});
  ASSERT_TRUE(model.runs(1));
  model->signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !model->log("stopping").empty(); }));
  model.kill_engine();
  EXPECT_EQ(whole.read_reply().status, 502U);
  EXPECT_EQ(model->wait_exit(), 0);
}

TEST(EngineDeath, HoldsTheBodyUntilTheAnswerBegins) {
  Mortal model(1);
  auto stream = model->stream_chat("a", {.more = R"("pad":")" + std::string(2000, 'x') + R"(")"});
  ASSERT_TRUE(model.runs(1));
  EXPECT_GT(model.body_bytes(), 2000);
  model.kill_engine();
  static_cast<void>(stream.next_status("processing"));
  ASSERT_TRUE(model.runs(1));
  EXPECT_GT(model.body_bytes(), 2000);
  model->touch("first");
  EXPECT_TRUE(stream.next());
  EXPECT_EQ(model.body_bytes(), 0);
  model.let_speak();
  EXPECT_TRUE(transcript_of(stream.rest()).done);
}

TEST(EngineDeath, LetsTheBodyOfAWholeAnswerGoWithIt) {
  Mortal model(1);
  model->touch("first");
  auto whole = model->start_chat("a", {.stream = false});
  ASSERT_TRUE(model.runs(1));
  EXPECT_GT(model.body_bytes(), 0) << "it has begun at the engine, not for the client";
  model.let_speak();
  EXPECT_EQ(whole.read_reply().status, 200U);
  EXPECT_EQ(model.body_bytes(), 0);
}

TEST(EngineDeath, IsAnErrorAtOnceWhereReplayIsOff) {
  Mortal model(1, {"replay: off"});
  auto whole = model->start_chat("a", {.stream = false});
  ASSERT_TRUE(model.runs(1));
  model.kill_engine();
  const auto reply = whole.read_reply();
  EXPECT_EQ(reply.status, 502U);
  EXPECT_THAT(reply.error("message"), AllOf(HasSubstr("signal 9"), Not(HasSubstr("twice"))));
  EXPECT_EQ(model.replays(), 0);
}

TEST(EngineHang, IsADeathForThoseWithoutAByte) {
  Mortal model(2);
  auto stream = model->stream_chat("a");
  auto whole = model->start_chat("a", {.stream = false});
  ASSERT_TRUE(model.runs(2));
  model.signal_engine(SIGSTOP);
  model.let_speak();
  expect_answer(stream);
  EXPECT_EQ(whole.read_reply().status, 200U);
  EXPECT_EQ(model.replays(), 2);
  EXPECT_THAT(model->log("engine killed"), SizeIs(1));
}

TEST(EngineHang, IsFoundByARequestThatComesToIt) {
  Mortal model(1);
  model.signal_engine(SIGSTOP);
  auto stream = model->stream_chat("a");
  model.let_speak();
  expect_answer(stream);
}

TEST(EngineHang, InMidStreamIsToldThereAndIsADeathForTheOthers) {
  Mortal model(2);
  model->touch("first");
  auto begun = model->run_chat("a");
  static_cast<void>(begun.next());
  auto whole = model->start_chat("a", {.stream = false});
  ASSERT_TRUE(model.runs(2));
  model.signal_engine(SIGSTOP);
  EXPECT_THAT(expect_in_stream_error(begun, "engine_timeout"), Not(IsEmpty()));
  model.let_speak();
  EXPECT_EQ(whole.read_reply().status, 200U);
}

TEST(EngineHang, TwiceIsATimeOut) {
  TestServer server(
      {.models = {{.name = "a", .fake = {"hang_at_token=0"}}}, .engine = {"engine_timeout: 300ms"}});
  const auto reply = server.chat("a");
  EXPECT_EQ(reply.status, 504U);
  EXPECT_EQ(reply.error("type"), "engine_timeout");
  EXPECT_THAT(server.records("start"), SizeIs(2));
}

TEST(EngineHang, OfOneAnswerAloneLeavesTheOthersTheirEngine) {
  TestServer server({.models = {{.name = "a", .fake = {"first_token_ms=4000"}, .keys = {"slots: 2"}}},
                     .scheduler = {"default_model: a"},
                     .engine = {"engine_timeout: 2500ms"}});
  ASSERT_TRUE(eventually([&] { return server.active_model() == "a"; }));
  // Only of the first one's prefill is anything heard: the engine tells it to chats.
  auto heard = server.stream_chat("a");
  auto silent = server.start("/v1/responses", R"({"model":"a","input":"x","stream":true})");
  EXPECT_EQ(silent.read_reply().status, 504U);
  EXPECT_TRUE(transcript_of(heard.rest()).done);
  EXPECT_THAT(server.records("start"), SizeIs(1));
}

}  // namespace
}  // namespace signalbox::test
