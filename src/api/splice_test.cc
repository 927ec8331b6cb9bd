#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/history.h"
#include "api/request.h"

namespace signalbox::api {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

SpliceOptions as_sent() {
  return {.engine_model = "eng",
          .model_names = {"gemma", "smollm2"},
          .force_stream = false,
          .ask_progress = false};
}
SpliceOptions streamed() {
  auto options = as_sent();
  options.force_stream = true;
  return options;
}

Rope spliced_rope(Route route, const std::shared_ptr<const std::string>& body, const SpliceOptions& options) {
  RequestScan scan(route);
  const auto fed = scan.feed(*body);
  EXPECT_TRUE(fed) << (fed ? "" : fed.error().message);
  if (!fed) return {};
  const auto request = scan.finish(*body);
  EXPECT_TRUE(request) << *body << (request ? "" : request.error().message);
  return request ? splice(*request, body, *body, options) : Rope{};
}
std::string spliced(Route route, std::string body, const SpliceOptions& options) {
  return spliced_rope(route, std::make_shared<const std::string>(std::move(body)), options).to_string();
}

TEST(Splice, ReplacesOnlyTheModelOfARequestThatGoesOnAsSent) {
  EXPECT_EQ(
      spliced(Route::chat, R"( {"messages":[], "m\u006fdel" : "al\u0069as" ,"stream":false,"x":"model"} )",
              as_sent()),
      R"( {"messages":[], "m\u006fdel" : "eng" ,"stream":false,"x":"model"} )");
}

TEST(Splice, EscapesTheModelsName) {
  auto options = as_sent();
  options.engine_model = "a\"b\\c\n";
  EXPECT_EQ(spliced(Route::chat, R"({"model":"m","messages":[]})", options),
            R"({"model":"a\"b\\c\n","messages":[]})");
}

TEST(Splice, PassesEverythingElseByteByByte) {
  constexpr std::string_view kRest =
      R"("messages":[{"role":"user","content":"\u0041\/ é 😀"}] , "temperature":0.1,"a":1E-1,"seed":18446744073709551616,)"
      R"("big":1E400,"minus":-0.0,"dup":{"x":1,"x":2},"never_heard_of":[true, null ,{"":{}}],)"
      R"("logit_bias":{"50256":-100},"response_format":{"type":"json_schema","json_schema":{"name":"x"}})";
  EXPECT_EQ(spliced(Route::chat, fmt::format(R"({{"model":"m",{}}})", kRest), as_sent()),
            fmt::format(R"({{"model":"eng",{}}})", kRest));
}

// As the clients write them: only what this server must change is another.
TEST(Splice, PassesWhatRealClientsSend) {
  const auto rest_passes = [](Route route, std::string_view rest) {
    EXPECT_EQ(spliced(route, fmt::format(R"({{{},"model":"m"}})", rest), as_sent()),
              fmt::format(R"({{{},"model":"eng"}})", rest));
  };
  rest_passes(
      Route::chat,
      R"("messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url",)"
      R"("image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==","detail":"low"}}]}],)"
      R"("temperature":0.7,"top_p":1,"logprobs":true,"top_logprobs":3,"stop":["\n\n","###"],"user":"u-1")");
  rest_passes(
      Route::chat,
      R"("tools":[{"type":"function","function":{"name":"get","strict":true,"parameters":{"type":"object",)"
      R"("properties":{"at":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":[],"$defs":{}}}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"get"}},"parallel_tool_calls":true,"messages":[)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"get",)"
      R"("arguments":"{\"at\": \"Loading gemma.\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"22"}])");
  rest_passes(Route::completions,
              R"("prompt":"def f(x):\n    ","suffix":"\nf","logit_bias":{"50256":-100.0})");
  rest_passes(
      Route::responses,
      R"("instructions":"Be brief.","input":[{"type":"message","role":"user","content":[{"type":"input_text",)"
      R"("text":"hi"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},)"
      R"({"type":"function_call_output","call_id":"c","output":"1"}],"reasoning":{"effort":"low"},"store":false)");
}

TEST(Splice, AsksForAStreamWithUsage) {
  for (const auto route : {Route::chat, Route::completions}) {
    const std::string_view rest = route == Route::chat ? R"("messages":[])" : R"("prompt":"a")";
    const auto given = [&](std::string_view members) {
      return spliced(route, fmt::format(R"({{"model":"m",{}{}}})", rest, members), streamed());
    };
    const auto wanted = [&](std::string_view added, std::string_view members) {
      return fmt::format(R"({{{}"model":"eng",{}{}}})", added, rest, members);
    };
    constexpr std::string_view kStream = R"("stream":true,)";
    constexpr std::string_view kUsage = R"("stream_options":{"include_usage":true},)";
    EXPECT_EQ(given(""), wanted(std::string(kStream) + std::string(kUsage), ""));
    EXPECT_EQ(given(R"(,"stream":false)"), wanted(kUsage, R"(,"stream":true)"));
    EXPECT_EQ(given(R"(,"stream": null )"), wanted(kUsage, R"(,"stream": true )"));
    EXPECT_EQ(given(R"(,"stream":true)"), wanted(kUsage, R"(,"stream":true)"));
    EXPECT_EQ(given(R"(,"stream_options":null)"),
              wanted(kStream, R"(,"stream_options":{"include_usage":true})"));
    EXPECT_EQ(given(R"(,"stream_options":{ })"),
              wanted(kStream, R"(,"stream_options":{"include_usage":true })"));
    EXPECT_EQ(given(R"(,"stream_options":{"x":[1]})"),
              wanted(kStream, R"(,"stream_options":{"include_usage":true,"x":[1]})"));
    EXPECT_EQ(given(R"(,"stream_options":{"x":1,"include_usage":false})"),
              wanted(kStream, R"(,"stream_options":{"x":1,"include_usage":true})"));
    EXPECT_EQ(given(R"(,"stream_options":{"include_usage":true,"x":1})"),
              wanted(kStream, R"(,"stream_options":{"include_usage":true,"x":1})"));
  }
}

TEST(Splice, AsksForTheUsageThatCountsIfItIsGivenTwice) {
  EXPECT_EQ(
      spliced(
          Route::chat,
          R"({"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true,"include_usage":false}})",
          streamed()),
      R"({"model":"eng","messages":[],"stream":true,"stream_options":{"include_usage":true,"include_usage":true}})");
}

TEST(Splice, AsksResponsesForAStreamOnly) {
  EXPECT_EQ(
      spliced(Route::responses, R"({"model":"m","input":"a","stream_options":{"include_obfuscation":false}})",
              streamed()),
      R"({"stream":true,"model":"eng","input":"a","stream_options":{"include_obfuscation":false}})");
}

TEST(Splice, AsksForProgressIfTold) {
  auto options = as_sent();
  options.ask_progress = true;
  EXPECT_EQ(spliced(Route::chat, R"({"model":"m","messages":[]})", options),
            R"({"return_progress":true,"model":"eng","messages":[]})");
  EXPECT_EQ(spliced(Route::chat, R"({"model":"m","messages":[],"return_progress":false})", options),
            R"({"model":"eng","messages":[],"return_progress":true})");
  EXPECT_EQ(spliced(Route::responses, R"({"model":"m","input":"a"})", options),
            R"({"return_progress":true,"model":"eng","input":"a"})");
}

// The history between the brackets, before and after.
std::string cleaned(Route route, std::string_view history) {
  const std::string_view key = route == Route::chat ? "messages" : "input";
  const auto whole = spliced(route, fmt::format(R"({{"model":"m","{}":[{}]}})", key, history), as_sent());
  const std::size_t begin = whole.find('[') + 1;
  return whole.substr(begin, whole.rfind(']') - begin);
}
void expect_kept(Route route, std::string_view history) {
  EXPECT_EQ(cleaned(route, history), history);
}

TEST(Splice, RemovesOurWordsFromAnAssistantsContent) {
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"role":"assistant","content":"Loading gemma.\nStarting gemma.\n\nHi"},{"role":"user","content":"x"})"),
      R"({"role":"assistant","content":"Hi"},{"role":"user","content":"x"})");
  EXPECT_EQ(cleaned(Route::chat, R"({"c\u006fntent":"Loading g\u0065mma.\u000a\nHi","role":"assistant"})"),
            R"({"c\u006fntent":"Hi","role":"assistant"})");
}

TEST(Splice, RemovesOurWordsFromEveryAssistantMessage) {
  EXPECT_EQ(
      cleaned(Route::chat,
              R"({"role":"assistant","content":"Loading gemma.\n\nA"},{"role":"user","content":"x"},)"
              R"({"role":"assistant","content":"Queued for smollm2 (position 4).\n\nB"})"),
      R"({"role":"assistant","content":"A"},{"role":"user","content":"x"},{"role":"assistant","content":"B"})");
}

TEST(Splice, RemovesOurWordsFromTheFirstTextPart) {
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"role":"assistant","content":[{"type":"text","text":"Loading gemma.\n\nHi"},{"type":"text","text":"Loading gemma.\n\nHo"}]})"),
      R"({"role":"assistant","content":[{"type":"text","text":"Hi"},{"type":"text","text":"Loading gemma.\n\nHo"}]})");
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"role":"assistant","content":[{"type":"image_url","text":"Loading gemma."},7,{"text":"Loading gemma.\n\nHi","type":"text"}]})"),
      R"({"role":"assistant","content":[{"type":"image_url","text":"Loading gemma."},7,{"text":"Hi","type":"text"}]})");
  expect_kept(
      Route::chat,
      R"({"role":"assistant","content":[{"type":"text","text":"Hm"},{"type":"text","text":"Loading gemma.\n\nHi"}]})");
}

TEST(Splice, RemovesOurWordsFromReasoningContent) {
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"reasoning_content":"Loading gemma.\n\nI think","role":"assistant","content":"Loading gemma.\n\nHi"})"),
      R"({"reasoning_content":"I think","role":"assistant","content":"Hi"})");
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"content":"Loading gemma.\n\nHi","role":"assistant","reasoning_content":"Loading gemma.\n"})"),
      R"({"content":"Hi","role":"assistant","reasoning_content":""})");
}

TEST(Splice, LeavesAnEmptyStringOfWordsAlone) {
  EXPECT_EQ(cleaned(Route::chat, R"({"role":"assistant","content":"Loading gemma."})"),
            R"({"role":"assistant","content":""})");
  EXPECT_EQ(cleaned(Route::chat, R"({"role":"assistant","content":"Loading gemma.\n\n","tool_calls":[]})"),
            R"({"role":"assistant","content":"","tool_calls":[]})");
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"role":"assistant","content":"Loading gemma.\n\n","tool_calls":null,"function_call":null})"),
      R"({"role":"assistant","content":"","tool_calls":null,"function_call":null})");
}

TEST(Splice, LeavesNullBesideToolCalls) {
  for (const std::string_view calls : {R"("tool_calls":[{"id":"a"}])", R"("function_call":{"name":"f"})"}) {
    EXPECT_EQ(cleaned(Route::chat,
                      fmt::format(R"({{"role":"assistant","content":"Loading gemma.\n\n",{}}})", calls)),
              fmt::format(R"({{"role":"assistant","content":null,{}}})", calls));
    EXPECT_EQ(
        cleaned(
            Route::chat,
            fmt::format(R"({{{},"role":"assistant","content":[{{"type":"text","text":"Loading gemma."}}] }})",
                        calls)),
        fmt::format(R"({{{},"role":"assistant","content":null }})", calls));
    EXPECT_EQ(cleaned(Route::chat,
                      fmt::format(R"({{"role":"assistant","content":"Loading gemma.\n\nHi",{}}})", calls)),
              fmt::format(R"({{"role":"assistant","content":"Hi",{}}})", calls));
    EXPECT_EQ(
        cleaned(
            Route::chat,
            fmt::format(
                R"({{"role":"assistant","content":[{{"type":"text","text":"Loading gemma."}},{{"type":"image"}}],{}}})",
                calls)),
        fmt::format(R"({{"role":"assistant","content":[{{"type":"text","text":""}},{{"type":"image"}}],{}}})",
                    calls));
  }
}

TEST(Splice, KeepsWhatOthersSay) {
  for (const auto route : {Route::chat, Route::responses}) {
    expect_kept(route, R"({"role":"user","content":"Loading gemma.\n\nHi"})");
    expect_kept(route, R"({"role":"system","content":"Loading gemma.\n\nHi","name":"assistant"})");
    expect_kept(route, R"({"role":"tool","content":"Loading gemma.\n\nHi"})");
    expect_kept(route, R"({"content":"Loading gemma.\n\nHi"})");
    expect_kept(route,
                R"({"role":"user","content":"x","y":{"role":"assistant","content":"Loading gemma."}})");
    expect_kept(route, R"([{"role":"assistant","content":"Loading gemma."}])");
    expect_kept(route, R"({"role":"assistant","content":"Loading the dishwasher."})");
    expect_kept(route, R"({"role":"assistant","refusal":"Loading gemma.","content":null})");
    expect_kept(route, R"({"role":"assistant","content":{"type":"text","text":"Loading gemma."}})");
    expect_kept(route, R"({"role":"assistant","content":[["Loading gemma."],"Loading gemma."]})");
  }
}

TEST(Splice, GoesByTheLastOfTwoEqualKeys) {
  EXPECT_EQ(
      cleaned(
          Route::chat,
          R"({"role":"assistant","content":"Loading gemma.","content":[{"type":"text","text":"Loading gemma.\n\nA"}]})"),
      R"({"role":"assistant","content":"Loading gemma.","content":[{"type":"text","text":"A"}]})");
  expect_kept(Route::chat,
              R"({"role":"assistant","content":[{"type":"text","text":"Loading gemma."}],"content":"Hi"})");
  expect_kept(Route::chat, R"({"role":"assistant","role":"user","content":"Loading gemma."})");
  expect_kept(Route::chat,
              R"({"role":"assistant","content":[{"type":"text","text":"Loading gemma.","text":null}]})");
  expect_kept(Route::chat,
              R"({"role":"assistant","reasoning_content":"Loading gemma.","reasoning_content":7})");
  expect_kept(Route::chat,
              R"({"role":"assistant","reasoning_content":"Loading gemma.","reasoning_content":["x"]})");
  expect_kept(
      Route::responses,
      R"({"type":"reasoning","summary":[{"type":"summary_text","text":"Loading gemma."}],"summary":null})");
}

TEST(Splice, RemovesOurWordsFromTheItemsOfResponses) {
  EXPECT_EQ(
      cleaned(
          Route::responses,
          R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Loading gemma.\n\nHi","annotations":[]}]})"),
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]})");
  EXPECT_EQ(cleaned(Route::responses, R"({"role":"assistant","content":"Loading gemma.\n\nHi"})"),
            R"({"role":"assistant","content":"Hi"})");
  EXPECT_EQ(
      cleaned(Route::responses,
              R"({"type":"reasoning","summary":[{"type":"summary_text","text":"Loading gemma.\n\nHm"}],)"
              R"("content":[{"type":"reasoning_text","text":"Loading gemma.\n\n"}]})"),
      R"({"type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}],"content":[{"type":"reasoning_text","text":""}]})");
  expect_kept(
      Route::responses,
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":"Loading gemma.\n\nHi"}]})");
}

TEST(Splice, PointsAtLongPartsAndKeepsThemAlive) {
  auto body = std::make_shared<const std::string>(R"({"model":"m","prompt":")" + std::string(1'000'000, 'x') +
                                                  R"(","stream":false})");
  const std::weak_ptr<const std::string> watched = body;
  const char* data = body->data();
  const std::size_t size = body->size();
  {
    const auto rope = spliced_rope(Route::completions, body, streamed());
    body.reset();
    EXPECT_FALSE(watched.expired());
    ASSERT_THAT(rope.pieces(), SizeIs(3));
    EXPECT_GE(rope.pieces()[1].data(), data);
    EXPECT_LE(rope.pieces()[1].data() + rope.pieces()[1].size(), data + size);
    EXPECT_GE(rope.pieces()[1].size(), 1'000'000U);
  }
  EXPECT_TRUE(watched.expired());
}

TEST(Splice, MakesOnePieceOfASmallBody) {
  const auto rope = spliced_rope(
      Route::chat, std::make_shared<const std::string>(R"({"model":"m","messages":[]})"), streamed());
  EXPECT_THAT(rope.pieces(), SizeIs(1));
}

std::string many_words(std::size_t messages, std::string_view content) {
  std::string body = R"({"model":"m","messages":[)";
  for (std::size_t i = 0; i < messages; ++i)
    body += fmt::format(R"({{"role":"assistant","content":"{}"}},)", content);
  return body + R"({"role":"user","content":"x"}]})";
}

TEST(Splice, RemovesOurWordsFromAsManyMessagesAsAreRead) {
  const auto clean =
      spliced(Route::chat, many_words(History::kTextsMax, R"(Loading gemma.\n\nHi)"), as_sent());
  EXPECT_EQ(clean.find("Loading"), std::string::npos);
  RequestScan scan(Route::chat);
  const auto fed = scan.feed(many_words(History::kTextsMax + 1, R"(Loading gemma.\n\nHi)"));
  ASSERT_FALSE(fed);
  EXPECT_THAT(fed.error().message, HasSubstr("More than 8192 assistant messages begin with status words"));
  EXPECT_EQ(fed.error().param, "messages");
}

TEST(Splice, LooksAtABoundedPartOfTheHistory) {
  std::string words;
  for (int i = 0; i < 200; ++i) words += R"(Loading gemma.\n)";
  words += R"(\nHi)";
  const auto clean = spliced(Route::chat, many_words(1000, words), as_sent());
  EXPECT_THAT(clean.substr(0, 100), HasSubstr(R"("content":"Hi")"));
  EXPECT_THAT(clean, HasSubstr("Loading"));
}

}  // namespace
}  // namespace signalbox::api
