// What a client is told while it waits, and what of it comes back with the next turn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// `a` works until @/go exists; `b` loads until @/b exists.
Setup busy_a(std::vector<std::string> b_fake = {}, std::vector<std::string> b_keys = {}) {
  return {.models = {{.name = "a", .fake = {"tokens_until=@/go"}},
                     {.name = "b", .fake = std::move(b_fake), .keys = std::move(b_keys)}},
          .scheduler = {"heartbeat_interval: 50ms", "min_visit: 0"}};
}

TEST(Waiting, HeartbeatsCarryMetadataAndNoWords) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto stream = server.stream_chat("b");
  const auto first = stream.next_status("waiting_for_model");
  EXPECT_THAT(first.data, HasSubstr(R"("delta":{"role":"assistant","content":"Waiting for a to finish)"));
  std::int64_t waited = -1;
  for (int i = 0; i < 3; ++i) {
    const auto heartbeat = stream.next_status("waiting_for_model");
    EXPECT_THAT(heartbeat.data, HasSubstr(R"("delta":{},"finish_reason":null)"));
    EXPECT_GT(heartbeat.metadata().at("waited_ms").as_int64(), waited);
    waited = heartbeat.metadata().at("waited_ms").as_int64();
  }
  server.touch("go");
  EXPECT_TRUE(transcript_of(stream.rest()).done);
}

TEST(Waiting, ANewPositionRidesOnAHeartbeat) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto first = server.stream_chat("b");
  EXPECT_EQ(first.next_status("waiting_for_model").metadata().at("position").as_int64(), 1);
  auto second = server.stream_chat("b");
  const auto start = second.next_status("waiting_for_model").metadata();
  EXPECT_EQ(start.at("position").as_int64(), 2);
  EXPECT_EQ(start.at("queue_length").as_int64(), 2);
  first.connection().close();
  EXPECT_TRUE(eventually(
      [&] { return second.next_status("waiting_for_model").metadata().at("position").as_int64() == 1; }));
  server.touch("go");
  const auto got = transcript_of(second.rest());
  EXPECT_TRUE(got.done);
  EXPECT_THAT(got.words, Not(HasSubstr("Waiting"))) << "a new position alone has no words";
}

TEST(Waiting, IsQueuedWhileAllPlacesOfItsOwnModelAreTaken) {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}, .keys = {"slots: 1"}}}});
  auto running = server.run_chat("a");
  auto stream = server.stream_chat("a");
  const auto first = stream.next_status("queued");
  EXPECT_THAT(first.data, HasSubstr(R"("content":"Queued for a (position 1).\n")"));
  EXPECT_EQ(first.metadata().at("active_model").as_string(), "a");
  server.touch("go");
  const auto got = transcript_of(stream.rest());
  EXPECT_THAT(got.statuses, Contains("processing"));
  EXPECT_TRUE(got.done);
}

TEST(Waiting, ProgressHasTwoDecimalsAndGrows) {
  TestServer server(busy_a({"load_steps=4", "load_ms=800"}));
  auto stream = server.stream_chat("b");
  const auto events = stream.rest();
  double progress = 0;
  for (const auto& event : events) {
    const auto at = event.data.find(R"("progress":)");
    if (at == std::string::npos) continue;
    const auto number = event.data.substr(at + 11, 5);
    EXPECT_THAT(number, testing::MatchesRegex("[01]\\.[0-9][0-9],")) << event.raw;
    EXPECT_GE(std::stod(number), progress);
    progress = std::stod(number);
  }
  EXPECT_EQ(progress, 1.0);
}

TEST(Waiting, EveryWaiterOfATargetSeesTheSameStepsOfOneLoad) {
  TestServer server(busy_a({"load_until=@/b", "start_ms=20"}));
  auto running = server.run_chat("a");
  std::vector<EventStream> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(server.stream_chat("b"));
    static_cast<void>(streams.back().next_status("waiting_for_model"));
  }
  server.touch("go");
  for (auto& stream : streams) static_cast<void>(stream.next_status("loading"));
  auto late = server.stream_chat("b");
  EXPECT_EQ(late.next()->status(), "loading") << "one who comes later starts at the present step";
  server.touch("b");
  streams.push_back(std::move(late));
  for (auto& stream : streams) {
    const auto got = transcript_of(stream.rest());
    EXPECT_THAT(got.words, HasSubstr("Starting b.\n"));
    EXPECT_EQ(got.statuses.back(), "processing");
    EXPECT_TRUE(got.done);
  }
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 1);
  EXPECT_THAT(server.records("start"), SizeIs(2)) << "one engine for a, one for b";
}

TEST(Waiting, ChunksAreValidForEveryClient) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto stream = server.stream_chat("b");
  static_cast<void>(stream.next_status("waiting_for_model"));
  server.touch("go");
  for (const auto& event : stream.rest()) {
    if (event.data == "[DONE]") continue;
    const auto object = event.json();
    for (const auto* key : {"id", "object", "created", "model", "choices"})
      EXPECT_TRUE(object.contains(key)) << key;
    EXPECT_FALSE(object.at("choices").as_array().empty()) << event.raw;
    EXPECT_FALSE(object.at("choices").at(0).as_object().contains("candle_metadata"));
    EXPECT_EQ(event.raw, "data: " + event.data + "\n\n") << "one line an event";
  }
}

TEST(Waiting, OffMeansNoByteBeforeTheAnswer) {
  TestServer server(busy_a());
  auto running = server.run_chat("a");
  auto connection = server.start_chat("b", {.headers = {{"X-Status-Chunks", "off"}}});
  ASSERT_TRUE(eventually([&] { return server.queue_length("b") == 1; }));
  EXPECT_FALSE(connection.readable(std::chrono::milliseconds(200)));
  server.touch("go");
  EventStream stream(std::move(connection));
  const auto got = transcript_of(stream.rest());
  EXPECT_THAT(got.statuses, IsEmpty());
  EXPECT_EQ(got.roles, 1);
  EXPECT_EQ(got.text, "w0 w1 w2 w3");
}

TEST(Waiting, TheConfigurationChoosesTheForm) {
  TestServer server(busy_a({}, {"status_text: none", "metadata_field: signalbox"}));
  auto running = server.run_chat("a");
  auto stream = server.stream_chat("b");
  const auto first = stream.next();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->status("signalbox"), "waiting_for_model");
  EXPECT_THAT(first->data, Not(HasSubstr("candle_metadata")));
  server.touch("go");
  const auto got = transcript_of(stream.rest(), "signalbox");
  EXPECT_EQ(got.words, "");
  EXPECT_EQ(got.text, "w0 w1 w2 w3");
}

TEST(Waiting, AHeaderBeatsTheConfiguration) {
  TestServer server(busy_a({}, {"status_text: none"}));
  auto running = server.run_chat("a");
  auto stream = server.stream_chat("b", {.headers = {{"X-Status-Text", "content"}}});
  EXPECT_THAT(stream.next_status("waiting_for_model").data, HasSubstr("Waiting for a"));
  server.touch("go");
  EXPECT_TRUE(transcript_of(stream.rest()).done);
}

TEST(Waiting, AnUnknownChoiceInAHeaderIsAnError) {
  TestServer server(busy_a());
  for (const auto* name : {"X-Status-Text", "X-Status-Chunks"}) {
    const auto reply = server.chat("b", {.headers = {{name, "loud"}}});
    EXPECT_EQ(reply.status, 400U) << name;
    EXPECT_EQ(reply.error("type"), "invalid_request_error");
  }
}

TEST(Waiting, WithoutWordsTheContentIsTheEnginesOwn) {
  TestServer server(busy_a());
  auto stream = server.stream_chat("b", {.headers = {{"X-Status-Text", "none"}}});
  const auto waited = transcript_of(stream.rest());
  EXPECT_THAT(waited.statuses, Not(IsEmpty()));
  const auto at_once = transcript_of(server.stream_chat("b").rest());
  EXPECT_EQ(waited.words + waited.text, at_once.text);
}

// The second turn of a chat page: it sends back what it showed, our words included.
class OwnWords : public testing::Test {
 protected:
  // What the engine gets of an assistant message with this content (JSON).
  static std::string reaches_engine(const TestServer& server, const std::string& message) {
    const auto reply = server.chat("b", {.messages = R"([{"role":"user","content":"one"},)" + message +
                                                     R"(,{"role":"user","content":"two"}])"});
    EXPECT_EQ(reply.status, 200U) << reply.body;
    const auto bodies = server.records("request");
    return std::string(bodies.back().at("body").as_string());
  }
};

TEST_F(OwnWords, AreTakenOutOfTheHistory) {
  TestServer server(busy_a({}, {"aliases: [bee]"}));
  const auto first = transcript_of(server.stream_chat("bee", {.max_tokens = 2}).rest());
  EXPECT_THAT(first.words, HasSubstr("Loading bee.\n"));
  auto shown = first.words + first.text;
  for (auto at = shown.find('\n'); at != std::string::npos; at = shown.find('\n', at))
    shown.replace(at, 1, "\\n");
  const auto body = reaches_engine(server, R"({"role":"assistant","content":")" + shown + R"("})");
  EXPECT_THAT(body, HasSubstr(R"({"role":"assistant","content":"w0 w1"})"));
  EXPECT_THAT(body, Not(HasSubstr("Loading")));
}

TEST_F(OwnWords, AreTakenOutOfTextPartsAndReasoning) {
  TestServer server(busy_a());
  const auto parts = reaches_engine(
      server,
      R"({"role":"assistant","content":[{"type":"text","text":"Loading b.\nStarting b.\n\nHello"}]})");
  EXPECT_THAT(parts, HasSubstr(R"([{"type":"text","text":"Hello"}])"));
  const auto reasoning = reaches_engine(
      server,
      R"({"role":"assistant","content":"Hello","reasoning_content":"Queued for b (position 2).\n\nhm"})");
  EXPECT_THAT(reasoning, AllOf(HasSubstr(R"("content":"Hello")"), HasSubstr(R"("reasoning_content":"hm")")));
}

TEST_F(OwnWords, LeaveNullBesideToolCalls) {
  TestServer server(busy_a());
  const auto body = reaches_engine(
      server,
      R"({"role":"assistant","content":"Loading b.\n\n","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]})");
  EXPECT_THAT(body, HasSubstr(R"("content":null)"));
}

TEST_F(OwnWords, AreOnlyTakenInTheExactForm) {
  TestServer server(busy_a());
  const auto body =
      reaches_engine(server, R"({"role":"assistant","content":"Loading bricks.\n\nDone. Loading b.\n"})");
  EXPECT_THAT(body, HasSubstr(R"("content":"Loading bricks.\n\nDone. Loading b.\n")"));
  const auto user = server.chat("b", {.messages = R"([{"role":"user","content":"Loading b.\n\nhello"}])"});
  EXPECT_EQ(user.status, 200U);
  EXPECT_THAT(std::string(server.records("request").back().at("body").as_string()),
              HasSubstr(R"("content":"Loading b.\n\nhello")"));
}

}  // namespace
}  // namespace signalbox::test
