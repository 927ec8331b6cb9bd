// Unstreamed answers put together from llama-server's streams, against what it says unstreamed: member by
// member, all but what differs from one request to the next (ids, times).
#include <array>
#include <utility>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "api/engine_event.h"
#include "api/streams_test.h"

namespace signalbox::api::testing {
namespace {

using ::testing::HasSubstr;

AnswerOptions options_of(const std::string& capture) {
  auto options = gemma_options(capture.starts_with("chat_")          ? Route::chat
                               : capture.starts_with("completions_") ? Route::completions
                                                                     : Route::responses);
  if (capture.ends_with("_n2") || capture.ends_with("_prompts")) options.sequences = 2;
  return options;
}

void even_out(boost::json::value& value);

void even_out(boost::json::object& object) {
  for (auto& member : object) {
    const std::string_view key = member.key();
    boost::json::value& value = member.value();
    if ((key == "id" || key == "call_id" || key == "model") && value.is_string()) {
      value = "some";
    } else if (key == "created" || key == "created_at" || key == "completed_at") {
      value = 0;
    } else if (key == "timings") {
      for (auto& timing : value.as_object()) timing.value() = 0;
    } else {
      even_out(value);
    }
  }
}

// What differs between two runs of one request. Boost's objects compare without order.
void even_out(boost::json::value& value) {
  if (auto* object = value.if_object()) even_out(*object);
  if (auto* array = value.if_array()) {
    for (auto& element : *array) even_out(element);
  }
}

boost::json::value comparable(const std::string& json) {
  boost::json::value value = boost::json::parse(json);
  even_out(value);
  return value;
}

std::string whole(const std::string& capture) {
  const auto answer = make_whole_answer(options_of(capture));
  return collect(*answer, read_golden("engine/" + capture + ".sse"));
}

class WholeAnswerOf : public ::testing::TestWithParam<std::string> {};

TEST_P(WholeAnswerOf, SaysWhatTheEngineSaysUnstreamed) {
  EXPECT_EQ(comparable(whole(GetParam())), comparable(read_golden("engine/" + GetParam() + ".json")));
}

INSTANTIATE_TEST_SUITE_P(Captures, WholeAnswerOf,
                         ::testing::Values("chat_text", "chat_logprobs", "chat_n2", "chat_schema",
                                           "chat_tool", "chat_parallel_tools", "chat_cut_tool",
                                           "chat_reasoning", "chat_cut_reasoning", "chat_empty",
                                           "chat_progress", "completions_text", "completions_logprobs",
                                           "completions_n2", "completions_prompts", "responses_text",
                                           "responses_schema", "responses_tool", "responses_parallel_tools",
                                           "responses_reasoning", "responses_cut_reasoning", "responses_n2",
                                           "responses_empty", "responses_progress"),
                         [](const auto& capture) { return capture.param; });

TEST(WholeAnswer, HasOurIdTimeAndModel) {
  for (const auto& [capture, id, created] : {std::tuple("chat_text", "chatcmpl-42", "created"),
                                             std::tuple("completions_text", "cmpl-42", "created"),
                                             std::tuple("responses_text", "resp_42", "created_at")}) {
    const auto body = boost::json::parse(whole(capture)).as_object();
    EXPECT_EQ(body.at("id"), id);
    EXPECT_EQ(body.at(created), 1764000000);
    EXPECT_EQ(body.at("model"), "gemma");
  }
}

TEST(WholeAnswer, OfSeveralResponsesHasOneIdEach) {
  const auto bodies = boost::json::parse(whole("responses_n2")).as_array();
  ASSERT_EQ(bodies.size(), 2U);
  EXPECT_EQ(bodies[0].at("id"), "resp_42");
  EXPECT_EQ(bodies[1].at("id"), "resp_42_1");
}

TEST(WholeAnswer, TakesUsageOfTheFirstChoiceThoughAnotherEndsFirst) {
  const auto answer = make_whole_answer(options_of("chat_n2"));
  const std::string body =
      collect(*answer, R"(data: {"choices":[{"finish_reason":"stop","index":1,"delta":{}}]}

data: {"choices":[],"usage":{"completion_tokens":7}}

data: {"choices":[{"finish_reason":"stop","index":0,"delta":{}}]}

data: {"choices":[],"usage":{"completion_tokens":5}}

data: [DONE]

)");
  EXPECT_THAT(body, HasSubstr(R"("usage":{"completion_tokens":5})"));
}

TEST(WholeAnswer, KeepsMembersItHasNeverHeardOf) {
  const auto answer = make_whole_answer(gemma_options(Route::chat));
  const std::string body =
      collect(*answer,
              R"(data: {"service_tier":"x","choices":[{"index":0,"moon":1,"delta":{"refusal":"a","sun":[1]}}]}

data: {"choices":[{"index":0,"finish_reason":"stop","delta":{"refusal":"b","sun":[2,3],"content":0.1}}]}

data: [DONE]

)");
  EXPECT_THAT(body, HasSubstr(R"("service_tier":"x")"));
  EXPECT_THAT(body, HasSubstr(R"("moon":1)"));
  EXPECT_THAT(body, HasSubstr(R"("refusal":"ab","sun":[1,2,3])"));
  EXPECT_THAT(body, HasSubstr(R"("content":0.1)"));
}

TEST(WholeAnswer, ReadsChunksThatAreNotOnOneLine) {
  const auto answer = make_whole_answer(gemma_options(Route::chat));
  const std::string body =
      collect(*answer,
              "data: {\"choices\": [ {\"index\": 0,\ndata: \"delta\": {\"content\": \"a\"} } ]\n"
              "data: }\n\ndata: [DONE]\n\n");
  EXPECT_THAT(body, HasSubstr(R"("content":"a")"));
  EXPECT_FALSE(body.contains('\n'));
}

Result<Ended> one_event(Route route, std::string_view data, std::string_view name = "") {
  return make_whole_answer(gemma_options(route))->engine_event({.name = name, .data = data});
}

constexpr std::array kRoutes{Route::chat, Route::completions, Route::responses};

TEST(WholeAnswer, GivesTheEnginesErrorBack) {
  for (const Route route : kRoutes) {
    const auto step =
        one_event(route, R"({"error":{"code":500,"message":"out of \"context\"","type":"server_error"}})");
    ASSERT_FALSE(step.has_value());
    EXPECT_EQ(step.error().code, ErrorCode::io);
    EXPECT_EQ(step.error().message, "out of \"context\"");
  }
}

TEST(WholeAnswer, RefusesWhatIsNoObject) {
  for (const Route route : kRoutes) {
    for (const auto* data : {"", "7", "[]", "{", R"({"a":1)", R"({"a" 1})", "proxy error", R"({"a":1} x)"}) {
      const auto step = one_event(route, data);
      ASSERT_FALSE(step.has_value()) << data;
      EXPECT_EQ(step.error().code, ErrorCode::invalid) << data;
    }
  }
}

TEST(WholeAnswer, PassesOverTheEnginesFirstNews) {
  for (const Route route : kRoutes) EXPECT_EQ(one_event(route, "null").value(), Ended::no);
}

TEST(WholeAnswer, BoundsWhatAnEngineCanMakeItHold) {
  EXPECT_FALSE(
      one_event(Route::chat, R"({"choices":[{"index":4000000,"delta":{"content":"a"}}]})").has_value());
  const auto answer = make_whole_answer(gemma_options(Route::chat));
  const std::string chunk =
      R"({"choices":[{"index":0,"delta":{"content":")" + std::string(std::size_t{8} << 20, 'x') + R"("}}]})";
  Result<Ended> step = Ended::no;
  int chunks = 0;
  while (step && chunks < 100) {
    step = answer->engine_event({.name = "", .data = chunk});
    ++chunks;
  }
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, ErrorCode::limit);
  EXPECT_EQ(static_cast<std::size_t>(chunks), kAnswerBytesMax / (std::size_t{8} << 20) + 1);
}

TEST(WholeAnswer, OfManyMoreResponsesThanAskedForIsRefused) {
  const auto answer = make_whole_answer(gemma_options(Route::responses));
  ASSERT_TRUE(
      answer->engine_event({.name = "", .data = R"({"type":"response.created","response":{"id":"a"}})"}));
  EXPECT_FALSE(
      answer->engine_event({.name = "", .data = R"({"type":"response.created","response":{"id":"b"}})"}));
}

}  // namespace
}  // namespace signalbox::api::testing
