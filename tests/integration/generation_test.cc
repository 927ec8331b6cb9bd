// Requests that the engine answers: all three routes, streamed and whole, what reaches the engine and what
// the client gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

Setup one_model(std::vector<std::string> fake = {}, std::vector<std::string> keys = {}) {
  return {.models = {{.name = "a", .fake = std::move(fake), .keys = std::move(keys)}}};
}

TEST(Chat, StartsAtOnceWithoutAStatusChunk) {
  TestServer server(one_model());
  server.load("a");
  auto stream = server.stream_chat("a", {.max_tokens = 3});
  const auto& head = stream.head();
  EXPECT_THAT(head.header("Cache-Control"), HasSubstr("no-cache"));
  EXPECT_EQ(head.header("X-Accel-Buffering"), "no");
  EXPECT_THAT(head.header("X-Request-Id"), Not(IsEmpty()));
  const auto got = transcript_of(stream.rest());
  EXPECT_THAT(got.statuses, IsEmpty());
  EXPECT_EQ(got.text, "w0 w1 w2");
  EXPECT_THAT(got.ids, ElementsAre(StartsWith("chatcmpl-")));
  EXPECT_THAT(got.models, ElementsAre("a"));
  EXPECT_EQ(got.roles, 1);
  EXPECT_THAT(got.finish_reasons, ElementsAre("length"));
  EXPECT_TRUE(got.done);
  EXPECT_EQ(stream.end(), End::clean);
}

TEST(Chat, WaitsForTheFirstLoadInWordsAndABlankLine) {
  TestServer server(one_model());
  auto stream = server.stream_chat("a", {.max_tokens = 2});
  const auto got = transcript_of(stream.rest());
  EXPECT_THAT(got.statuses, Contains("loading"));
  ASSERT_THAT(got.statuses, Not(IsEmpty()));
  EXPECT_EQ(got.statuses.back(), "processing");
  EXPECT_THAT(got.words, HasSubstr("Loading a.\n"));
  EXPECT_THAT(got.words, EndsWith(".\n\n"));
  EXPECT_EQ(got.text, "w0 w1");
  EXPECT_EQ(got.roles, 1);
  EXPECT_THAT(got.ids, SizeIs(1));
}

TEST(Chat, AnswersWholeAsTheEngineWould) {
  TestServer server(one_model());
  server.load("a");
  const auto reply = server.chat("a", {.max_tokens = 3});
  ASSERT_EQ(reply.status, 200U);
  EXPECT_THAT(reply.header("Content-Type"), StartsWith("application/json"));
  const auto body = reply.json();
  EXPECT_EQ(body.at("object").as_string(), "chat.completion");
  EXPECT_THAT(std::string(body.at("id").as_string()), StartsWith("chatcmpl-"));
  EXPECT_THAT(std::string(body.at("id").as_string()), Not(HasSubstr("fake")));
  EXPECT_EQ(body.at("model").as_string(), "a");
  const auto choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("index").as_int64(), 0);
  EXPECT_EQ(choice.at("finish_reason").as_string(), "length");
  EXPECT_EQ(choice.at("message").at("role").as_string(), "assistant");
  EXPECT_EQ(choice.at("message").at("content").as_string(), "w0 w1 w2");
  EXPECT_EQ(body.at("usage").at("completion_tokens").as_int64(), 3);
  EXPECT_EQ(body.at("timings").at("predicted_n").as_int64(), 3);
  EXPECT_EQ(body.at("system_fingerprint").as_string(), "b11669-fake");
}

TEST(Chat, AnswersEveryChoiceWhole) {
  TestServer server(one_model());
  const auto reply = server.chat("a", {.max_tokens = 2, .more = R"("n":3)"});
  ASSERT_EQ(reply.status, 200U);
  const auto choices = reply.json().at("choices").as_array();
  ASSERT_EQ(choices.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(choices[i].at("index").as_int64(), static_cast<std::int64_t>(i));
    EXPECT_EQ(choices[i].at("message").at("content").as_string(), "w0 w1");
  }
}

TEST(Chat, SaysHowLongItWaitedOnlyAfterAWait) {
  TestServer server(one_model());
  const auto waited = server.chat("a");
  EXPECT_THAT(waited.header("X-Queue-Wait-Ms"), Not(IsEmpty()));
  EXPECT_THAT(waited.header("X-Model-Switch-Ms"), Not(IsEmpty()));
  const auto at_once = server.chat("a");
  EXPECT_THAT(at_once.header("X-Queue-Wait-Ms"), IsEmpty());
  EXPECT_THAT(at_once.header("X-Model-Switch-Ms"), IsEmpty());
}

TEST(Chat, GivesUsageOnlyToThoseWhoAsk) {
  TestServer server(one_model());
  server.load("a");
  const auto asked =
      transcript_of(server.stream_chat("a", {.more = R"("stream_options":{"include_usage":true})"}).rest());
  ASSERT_TRUE(asked.usage.has_value());
  EXPECT_EQ(asked.usage->at("completion_tokens").as_int64(), 4);
  auto stream = server.stream_chat("a");
  static_cast<void>(stream.rest());
  EXPECT_THAT(stream.raw(), Not(HasSubstr("usage")));
  EXPECT_THAT(stream.raw(), Not(HasSubstr(R"("choices":[])")));
  EXPECT_THAT(stream.raw(), HasSubstr(R"("timings":{)"));
}

TEST(Chat, AsksTheEngineToStreamAndForUsageAlways) {
  TestServer server(one_model());
  ASSERT_EQ(server.chat("a").status, 200U);
  static_cast<void>(server.stream_chat("a").rest());
  const auto requests = server.engine_requests();
  ASSERT_EQ(requests.size(), 2U);
  for (const auto& request : requests) {
    EXPECT_TRUE(request.at("stream").as_bool());
    EXPECT_TRUE(request.at("stream_options").at("include_usage").as_bool());
  }
}

TEST(Chat, AnswersAnAliasWithTheAlias) {
  TestServer server(one_model({}, {"aliases: [chat, \"org/model:latest\"]"}));
  const auto got = transcript_of(server.stream_chat("org/model:latest").rest());
  EXPECT_THAT(got.models, ElementsAre("org/model:latest"));
  EXPECT_THAT(got.words, HasSubstr("Loading org/model:latest.\n"));
  EXPECT_EQ(server.chat("chat").json().at("model").as_string(), "chat");
  for (const auto& request : server.engine_requests()) EXPECT_EQ(request.at("model").as_string(), "a");
}

TEST(Chat, HandsOnWhatItDoesNotKnowAsItCame) {
  TestServer server(one_model());
  const std::string unknown =
      R"("frobnicate" : {"x": 0.1, "big":18446744073709551616, "u":"\u00e9é", "deep":[[[{}]]]})";
  ASSERT_EQ(server.chat("a", {.more = unknown}).status, 200U);
  const auto requests = server.records("request");
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(std::string(requests[0].at("body").as_string()), HasSubstr(unknown));
}

TEST(Chat, DoesNotHandOnAConversationId) {
  TestServer server(one_model());
  ASSERT_EQ(
      server.chat("a", {.headers = {{"X-Conversation-Id", "abc"}, {"Authorization", "Bearer k"}}}).status,
      200U);
  const auto headers = std::string(server.records("request").at(0).at("headers").as_string());
  EXPECT_THAT(headers, Not(HasSubstr("onversation")));
  EXPECT_THAT(headers, Not(HasSubstr("Bearer k")));
}

TEST(Chat, NeverHasMoreAtTheEngineThanItHasSlots) {
  TestServer server(one_model({"token_ms=2"}, {"slots: 2"}));
  std::vector<EventStream> streams;
  for (int i = 0; i < 8; ++i) streams.push_back(server.stream_chat("a"));
  for (auto& stream : streams) EXPECT_TRUE(transcript_of(stream.rest()).done);
  EXPECT_THAT(server.records("deferred"), IsEmpty());
  EXPECT_THAT(server.records("answered"), SizeIs(8));
}

TEST(Chat, LeavesTheEnginesRefusalAsItIs) {
  TestServer server(one_model({"error_status=400", "error_message=the context is too long"}));
  const auto whole = server.chat("a");
  EXPECT_EQ(whole.status, 400U);
  EXPECT_EQ(whole.error("message"), "the context is too long");
  auto at_once = server.start_chat("a", {});
  const auto streamed = at_once.read_reply();
  EXPECT_EQ(streamed.status, 400U);
  EXPECT_EQ(streamed.error("message"), "the context is too long");
}

TEST(Chat, PutsALateRefusalIntoTheStream) {
  TestServer server(one_model({"error_status=400", "error_message=the context is too long"}));
  auto stream = server.stream_chat("a");  // has to wait for the load, so its head is out
  const auto got = transcript_of(stream.rest());
  ASSERT_TRUE(got.error.has_value());
  EXPECT_THAT(std::string(got.error->at("message").as_string()), HasSubstr("the context is too long"));
  EXPECT_FALSE(got.done);
  EXPECT_EQ(stream.end(), End::clean);
}

TEST(Chat, RefusesMoreSequencesThanTheModelHasPlaces) {
  TestServer server(one_model({}, {"slots: 2"}));
  server.load("a");
  const auto reply = server.chat("a", {.more = R"("n":3)"});
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.error("type"), "invalid_request_error");
  EXPECT_EQ(server.chat("a", {.more = R"("n":2)"}).status, 200U);
}

TEST(Chat, TakesAProperRequestIdAndReplacesOthers) {
  TestServer server(one_model());
  EXPECT_EQ(server.chat("a", {.headers = {{"X-Request-Id", "my.id_7-x"}}}).header("X-Request-Id"),
            "my.id_7-x");
  const auto replaced = server.chat("a", {.headers = {{"X-Request-Id", "my id"}}}).header("X-Request-Id");
  EXPECT_NE(replaced, "my id");
  EXPECT_THAT(replaced, Not(IsEmpty()));
  EXPECT_THAT(server.get("/health").header("X-Request-Id"), Not(IsEmpty()));
}

TEST(Chat, ServesSeveralRequestsOnOneConnection) {
  TestServer server(one_model());
  auto connection = server.connect();
  for (int i = 0; i < 3; ++i) {
    connection.send(request_text("POST", "/v1/chat/completions", chat_body("a", {.stream = false})));
    EXPECT_EQ(connection.read_reply().status, 200U);
  }
  connection.send(request_text("POST", "/v1/chat/completions", chat_body("a", {.stream = true})));
  EXPECT_THAT(connection.read_reply().body, EndsWith("data: [DONE]\n\n"));
  connection.send(request_text("GET", "/health"));
  EXPECT_EQ(connection.read_reply().status, 200U);
}

TEST(Completions, StreamWithAnEmptyTextWhileTheyWait) {
  TestServer server(one_model());
  EventStream stream(
      server.start("/v1/completions", R"({"model":"a","prompt":"x","max_tokens":2,"stream":true})"));
  const auto got = transcript_of(stream.rest());
  EXPECT_THAT(got.statuses, Contains("loading"));
  EXPECT_EQ(got.words, "");
  EXPECT_EQ(got.text, "w0 w1");
  EXPECT_THAT(got.ids, ElementsAre(StartsWith("cmpl-")));
  EXPECT_TRUE(got.done);
}

TEST(Completions, AnswerEveryPromptWhole) {
  TestServer server(one_model());
  const auto reply = server.post("/v1/completions", R"({"model":"a","prompt":["x","y"],"max_tokens":2})");
  ASSERT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.json().at("object").as_string(), "text_completion");
  const auto choices = reply.json().at("choices").as_array();
  ASSERT_EQ(choices.size(), 2U);
  EXPECT_EQ(choices[0].at("text").as_string(), "w0 w1");
  EXPECT_EQ(choices[1].at("text").as_string(), "w0 w1");
}

TEST(Completions, TakeAPlaceForEachPrompt) {
  TestServer server(one_model({}, {"slots: 2"}));
  server.load("a");
  const auto reply = server.post("/v1/completions", R"({"model":"a","prompt":["x","y","z"],"max_tokens":2})");
  EXPECT_EQ(reply.status, 400U);
}

class ResponseStream : public testing::Test {
 protected:
  // Names of the events; checks what holds for all of them.
  static std::vector<std::string> names_of(const std::vector<Event>& events) {
    std::vector<std::string> names;
    std::int64_t number = 0;
    for (const auto& event : events) {
      const auto object = event.json();
      EXPECT_EQ(object.at("type").as_string(), event.name);
      EXPECT_EQ(object.at("sequence_number").as_int64(), number++) << event.raw;
      if (names.empty() || names.back() != event.name) names.push_back(event.name);
    }
    return names;
  }
};

TEST_F(ResponseStream, IsCompleteForStrictClients) {
  TestServer server(one_model());
  server.load("a");
  EventStream stream(
      server.start("/v1/responses",
                   R"({"model":"a","input":"hi","max_output_tokens":2,"temperature":0.5,"stream":true})"));
  const auto events = stream.rest();
  EXPECT_THAT(
      names_of(events),
      ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                  "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                  "response.content_part.done", "response.output_item.done", "response.completed"));
  const auto created = events.front().json().at("response").as_object();
  for (const auto* key : {"id", "object", "created_at", "status", "model", "output"})
    EXPECT_TRUE(created.contains(key)) << key;
  EXPECT_EQ(created.at("temperature").to_number<double>(), 0.5);
  const auto completed = events.back().json().at("response").as_object();
  EXPECT_EQ(completed.at("id"), created.at("id"));
  EXPECT_EQ(completed.at("status").as_string(), "completed");
  EXPECT_EQ(completed.at("model").as_string(), "a");
  EXPECT_EQ(completed.at("output").at(0).at("content").at(0).at("text").as_string(), "w0 w1");
  for (const auto& event : events) {
    if (event.name != "response.output_text.delta") continue;
    EXPECT_EQ(event.json().at("output_index").as_int64(), 0);
    EXPECT_EQ(event.json().at("content_index").as_int64(), 0);
  }
  EXPECT_THAT(stream.raw(), Not(HasSubstr("[DONE]")));
  EXPECT_EQ(stream.end(), End::clean);
}

TEST_F(ResponseStream, WaitsInQueuedEventsWithMetadata) {
  TestServer server(one_model());
  EventStream stream(
      server.start("/v1/responses", R"({"model":"a","input":"hi","max_output_tokens":2,"stream":true})"));
  const auto events = stream.rest();
  const auto names = names_of(events);
  ASSERT_GE(names.size(), 3U);
  EXPECT_EQ(names[0], "response.created");
  EXPECT_EQ(names[1], "response.queued");
  EXPECT_EQ(names[2], "response.in_progress");
  EXPECT_EQ(events[0].json().at("response").at("status").as_string(), "queued");
  std::vector<std::string> statuses;
  for (const auto& event : events) {
    if (!event.status().empty()) statuses.push_back(event.status());
  }
  EXPECT_THAT(statuses, Contains("loading"));
  EXPECT_THAT(stream.raw(), Not(HasSubstr("Loading a."))) << "no words unless they are asked for";
}

TEST_F(ResponseStream, FailsInTheOneFormThatClientsRaise) {
  TestServer server(one_model({"end_early_at_token=2"}));
  server.load("a");
  EventStream stream(
      server.start("/v1/responses", R"({"model":"a","input":"hi","max_output_tokens":3,"stream":true})"));
  const auto events = stream.rest();
  const auto failure = std::ranges::find(events, "error", &Event::name);
  ASSERT_NE(failure, events.end());
  const auto object = failure->json();
  EXPECT_EQ(object.at("type").as_string(), "error");
  EXPECT_TRUE(object.contains("sequence_number"));
  EXPECT_TRUE(object.contains("code"));
  EXPECT_TRUE(object.at("param").is_null());
  EXPECT_EQ(object.at("message"), object.at("error").at("message"));
  EXPECT_EQ(object.at("error").at("type").as_string(), "engine_error");
  EXPECT_EQ(stream.end(), End::clean);
}

TEST(Responses, AnswerWhole) {
  TestServer server(one_model());
  const auto reply = server.post("/v1/responses", R"({"model":"a","input":"hi","max_output_tokens":2})");
  ASSERT_EQ(reply.status, 200U);
  const auto body = reply.json();
  EXPECT_EQ(body.at("object").as_string(), "response");
  EXPECT_EQ(body.at("status").as_string(), "completed");
  EXPECT_EQ(body.at("model").as_string(), "a");
  EXPECT_THAT(std::string(body.at("id").as_string()), StartsWith("resp_"));
  EXPECT_EQ(body.at("output").at(0).at("content").at(0).at("text").as_string(), "w0 w1");
  EXPECT_EQ(body.at("usage").at("output_tokens").as_int64(), 2);
}

}  // namespace
}  // namespace signalbox::test
