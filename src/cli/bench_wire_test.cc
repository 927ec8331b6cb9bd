// A streamed answer as a measurement reads it: what is a token, and how it ended.
#include "cli/bench_wire.h"

#include <string>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::cli {
namespace {

using measure::Ending;
using measure::Sample;
using std::chrono::milliseconds;

const std::string kRole = R"(data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]})"
                          "\n\n";
const std::string kDone = "data: [DONE]\n\n";

std::string token(const std::string& delta, const std::string& more = "") {
  return R"(data: {"choices":[{"index":0,"delta":)" + delta + "}]" + more + "}\n\n";
}

// The pieces come a millisecond apart.
Sample read(const std::vector<std::string>& pieces,
            const Result<HttpAnswer>& answer = HttpAnswer{.status = 200, .body = {}}) {
  TimePoint now{};
  AnswerReader reader(now);
  for (const auto& piece : pieces) reader.take(piece, now += milliseconds(1));
  return std::move(reader).finished(answer, now + milliseconds(1));
}

TEST(BenchWire, AsksForAStreamThatCanBeRepeated) {
  const auto url = parse_base_url("http://box:9/api/v1");
  const auto request =
      chat_request(*url, {.model = "a", .messages = {{.role = "user", .content = "x\"y"}}, .tokens_max = 7},
                   milliseconds(5));
  EXPECT_EQ(request.target, "/api/v1/chat/completions");
  EXPECT_EQ(request.timeout, milliseconds(5));
  EXPECT_EQ(request.limit, HttpRequest::Limit::whole);
  EXPECT_EQ(boost::json::parse(request.json_body), boost::json::parse(R"({"model":"a","stream":true,"seed":1,
    "messages":[{"role":"user","content":"x\"y"}],"max_tokens":7,"temperature":0,"stream_options":{"include_usage":true}})"));
}

TEST(BenchWire, TakesTheFirstTextForTheFirstToken) {
  const auto sample = read({kRole, token(R"({"content":""})"), token(R"({"content":"one\n"})"),
                            token(R"({"content":"two"})"), kDone});
  EXPECT_EQ(sample.ending, Ending::whole);
  EXPECT_EQ(sample.first_token, milliseconds(3));
  EXPECT_EQ(sample.total, milliseconds(6));
  EXPECT_EQ(sample.text, "one\ntwo");
}

TEST(BenchWire, TakesReasoningAndToolCallsForTokens) {
  for (const auto* delta :
       {R"({"reasoning_content":"hm"})", R"({"reasoning":"hm"})", R"({"tool_calls":[{"index":0}]})"}) {
    EXPECT_EQ(read({kRole, token(delta), kDone}).first_token, milliseconds(2)) << delta;
  }
}

TEST(BenchWire, TakesNoStatusChunkForAToken) {
  const auto sample = read({token(R"({"role":"assistant","content":"Loading a.\n"})",
                                  R"(,"candle_metadata":{"status":"loading"})"),
                            ": ping\n\n", token(R"({"content":"hi"})"), kDone});
  EXPECT_EQ(sample.first_token, milliseconds(3));
  EXPECT_EQ(sample.text, "hi");
}

TEST(BenchWire, ReadsWhatTheServerTellsOfThePrompt) {
  const auto sample = read({token(R"({"content":"hi"})"),
                            "data: "
                            "{\"choices\":[],\"usage\":{\"prompt_tokens\":3417},\"timings\":{\"cache_n\":"
                            "3400,\"prompt_n\":17}}\n\n",
                            kDone});
  EXPECT_EQ(sample.prompt_tokens, 3417U);
  EXPECT_EQ(sample.cached, 3400U);
  EXPECT_EQ(sample.computed, 17U);
  EXPECT_EQ(read({token(R"({"content":"hi"})", R"(,"usage":null,"timings":{"cache_n":-1})"), kDone}).cached,
            std::nullopt);
}

TEST(BenchWire, TakesAStreamThatJustEndsForAFailure) {
  EXPECT_EQ(read({token(R"({"content":"hi"})")}).ending, Ending::silent);
  EXPECT_EQ(read({}).ending, Ending::silent) << "an empty 200";
  EXPECT_EQ(read({kRole, kDone}).ending, Ending::empty);
}

TEST(BenchWire, TellsErrorsInAStream) {
  const auto sample =
      read({token(R"({"content":"hi"})"), "data: {\"error\":{\"message\":\"it died\"}}\n\n", kDone});
  EXPECT_EQ(sample.ending, Ending::failed);
  EXPECT_EQ(sample.trouble, "it died");
  EXPECT_EQ(read({"data: {\"error\":\"plain\"}\n\n"}).trouble, "plain");
}

TEST(BenchWire, TellsRefusals) {
  const auto full = read({}, HttpAnswer{.status = 503, .body = R"({"error":{"message":"queue full"}})"});
  EXPECT_EQ(full.ending, Ending::rejected);
  EXPECT_EQ(full.trouble, "503: queue full");
  EXPECT_EQ(read({}, HttpAnswer{.status = 429, .body = ""}).ending, Ending::rejected);
  const auto broken = read({}, HttpAnswer{.status = 500, .body = "<html>"});
  EXPECT_EQ(broken.ending, Ending::failed);
  EXPECT_EQ(broken.trouble, "the server answered 500");
}

TEST(BenchWire, TellsWhatWentWrongOnTheWay) {
  const auto late = read({token(R"({"content":"hi"})")}, fail(ErrorCode::timeout, "too late"));
  EXPECT_EQ(late.ending, Ending::late);
  EXPECT_EQ(late.trouble, "too late");
  EXPECT_EQ(read({}, fail(ErrorCode::io, "cut")).ending, Ending::failed);
  EXPECT_EQ(read({token(R"({"content":"hi"})"), kDone}, fail(ErrorCode::io, "cut")).ending, Ending::whole)
      << "everything had come";
}

}  // namespace
}  // namespace signalbox::cli
