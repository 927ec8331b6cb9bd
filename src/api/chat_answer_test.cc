// Streamed chat and completions: what passes untouched, what is taken out, what a status chunk looks like.
#include <array>
#include <utility>

#include <gmock/gmock.h>

#include "api/streams_test.h"

namespace signalbox::api::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Route route_of(const std::string& capture) {
  return capture.starts_with("chat") ? Route::chat : Route::completions;
}

// The engine's own stream under our id, created and model; pings, and news without content, left out.
std::string as_ours(const std::string& capture, const std::string& stream) {
  const std::string id = route_of(capture) == Route::chat ? "chatcmpl-42" : "cmpl-42";
  std::string out;
  for (const auto& event : events_of(stream)) {
    if (event.data == "null") continue;
    std::string data = replace_all(event.data, R"re("id":"chatcmpl-[^"]*")re", "\"id\":\"" + id + "\"");
    data = replace_all(data, R"re("created":\d+)re", R"re("created":1764000000)re");
    data =
        replace_all(data, R"re(("id":"[^"]*"|"created":\d+),"model":"[^"]*")re", R"re($1,"model":"gemma")re");
    out += sse_data(data);
  }
  return out;
}

// Two runs differ in their times.
std::string without_times(const std::string& stream) {
  return replace_all(replace_all(stream, R"re("((?:prompt|predicted)_[a-z_]+)":[0-9.]+)re", R"re("$1":0)re"),
                     R"re("id":"[A-Za-z0-9]{32}")re", R"re("id":"call")re");
}

class ChatStreamOf : public ::testing::TestWithParam<std::string> {};

TEST_P(ChatStreamOf, IsTheEnginesOwnWhereNobodyWaited) {
  auto options = gemma_options(route_of(GetParam()));
  options.include_usage = true;
  options.sequences = GetParam().contains("n2") || GetParam().contains("prompts") ? 2 : 1;
  const std::string engine = read_golden("engine/" + GetParam() + ".sse");
  EXPECT_EQ(pass(*make_streamed_answer(options), engine), as_ours(GetParam(), engine));
}

INSTANTIATE_TEST_SUITE_P(Captures, ChatStreamOf,
                         ::testing::Values("chat_text", "chat_logprobs", "chat_n2", "chat_schema",
                                           "chat_tool", "chat_parallel_tools", "chat_reasoning", "chat_empty",
                                           "completions_text", "completions_logprobs", "completions_n2",
                                           "completions_prompts"),
                         [](const auto& capture) { return capture.param; });

TEST(ChatAnswer, WithoutUsageIsWhatTheEngineSendsWhenNotAskedForIt) {
  for (const std::string capture : {"chat_reasoning", "chat_tool"}) {
    const auto answer = make_streamed_answer(gemma_options(Route::chat));
    const std::string out = pass(*answer, read_golden("engine/" + capture + ".sse"));
    EXPECT_EQ(without_times(out),
              without_times(as_ours(capture, read_golden("engine/" + capture + ".nousage.sse"))));
  }
}

TEST(ChatAnswer, OfTwoChoicesKeepsEachOnesTimingsWithItsFinish) {
  auto options = gemma_options(Route::chat);
  options.sequences = 2;
  const std::string out = pass(*make_streamed_answer(options), read_golden("engine/chat_n2.sse"));
  int finishes = 0;
  for (const auto& event : events_of(out)) {
    EXPECT_THAT(event.data, Not(HasSubstr("usage")));
    if (!event.data.contains("\"length\"")) continue;
    ++finishes;
    EXPECT_THAT(event.data, HasSubstr(R"(,"timings":{"cache_n":0)"));
  }
  EXPECT_EQ(finishes, 2);
}

TEST(ChatAnswer, CompletionsLoseTheirUsageAndNothingElse) {
  const std::string engine = read_golden("engine/completions_logprobs.sse");
  const std::string expected =
      replace_all(as_ours("completions", engine), R"re("usage":\{[^}]*\{[^}]*\}\},)re", "");
  EXPECT_NE(expected, as_ours("completions", engine));
  EXPECT_EQ(pass(*make_streamed_answer(gemma_options(Route::completions)), engine), expected);
}

// One answer fed by hand.
class ChatAnswerFed : public ::testing::Test {
 protected:
  void begin(const AnswerOptions& options) { answer_ = make_streamed_answer(options); }
  void begin(Route route = Route::chat) { begin(gemma_options(route)); }

  Result<Ended> feed(std::string_view data, std::string_view name = "") {
    return answer_->engine_event({.name = name, .data = data}, out_);
  }
  std::string sent_for(std::string_view data) {
    out_.clear();
    EXPECT_TRUE(feed(data).has_value()) << data;
    return out_;
  }
  // The status chunk's `choices` as JSON.
  std::string choices_of(const StatusReport& report) {
    const std::string chunk = answer_->status(report);
    const auto begin = chunk.find("\"choices\":") + 10;
    return chunk.substr(begin, chunk.find(",\"candle_metadata\"") - begin);
  }

  std::unique_ptr<StreamedAnswer> answer_;
  std::string out_;
};

StatusReport queued(std::uint32_t position) {
  return {.status = Status::queued,
          .model = "gemma",
          .position = position,
          .queue_length = 4,
          .active_model = "gemma"};
}

StatusReport loading(std::optional<double> progress) {
  return {.status = Status::loading, .model = "gemma", .progress = progress};
}

constexpr std::string_view kRoleChunk =
    R"({"id":"e","created":1,"model":"e","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]})";

TEST_F(ChatAnswerFed, TwoChoicesHaveOneChoicePerIndexAndUsageNull) {
  auto options = gemma_options(Route::chat);
  options.sequences = 2;
  options.include_usage = true;
  begin(options);
  EXPECT_EQ(
      answer_->status(queued(2)),
      R"(data: {"id":"chatcmpl-42","object":"chat.completion.chunk","created":1764000000,"model":"gemma","choices":[)"
      R"({"index":0,"delta":{"role":"assistant","content":"Queued for gemma (position 2).\n"},"finish_reason":null},)"
      R"({"index":1,"delta":{"role":"assistant","content":"Queued for gemma (position 2).\n"},"finish_reason":null}],)"
      R"("usage":null,"candle_metadata":{"status":"queued","model":"gemma","position":2,"queue_length":4,)"
      R"("active_model":"gemma","waited_ms":0}})"
      "\n\n");
}

TEST_F(ChatAnswerFed, TwoCompletionsHaveOneChoicePerIndex) {
  auto options = gemma_options(Route::completions);
  options.sequences = 2;
  begin(options);
  EXPECT_EQ(choices_of(queued(1)),
            R"([{"index":0,"text":"","finish_reason":null},{"index":1,"text":"","finish_reason":null}])");
}

TEST_F(ChatAnswerFed, RoleIsSentOncePerChoice) {
  auto options = gemma_options(Route::chat);
  options.sequences = 2;
  begin(options);
  std::string all = walk(*answer_);
  all += pass(*answer_, read_golden("engine/chat_n2.sse"));
  std::size_t roles = 0;
  for (auto at = all.find("\"role\""); at != std::string::npos; at = all.find("\"role\"", at + 1)) ++roles;
  EXPECT_EQ(roles, 2U);
}

TEST_F(ChatAnswerFed, EnginesRoleChunkPassesWhereNoStatusWasSent) {
  begin();
  EXPECT_EQ(
      sent_for(kRoleChunk),
      R"(data: {"id":"chatcmpl-42","created":1764000000,"model":"gemma","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]})"
      "\n\n");
}

TEST_F(ChatAnswerFed, RoleIsCutWhereverItStandsInTheDelta) {
  const std::array<std::pair<std::string_view, std::string_view>, 4> cases{{
      {R"({"role":"assistant","content":"a"})", R"({"content":"a"})"},
      {R"({"content":"a","role":"assistant"})", R"({"content":"a"})"},
      {R"({ "content":"a" , "role":"assistant" , "x":1 })", R"({ "content":"a" , "x":1 })"},
      {R"({"role":"assistant"})", R"({})"},
  }};
  for (const auto& [delta, expected] : cases) {
    begin();
    static_cast<void>(answer_->status(queued(1)));
    const std::string sent = sent_for(R"({"choices":[{"index":0,"delta":)" + std::string(delta) + "}]}");
    EXPECT_THAT(sent, HasSubstr(R"("delta":)" + std::string(expected) + "}]}"));
  }
}

TEST_F(ChatAnswerFed, OneChunkWithBothChoicesLosesBothRoles) {
  auto options = gemma_options(Route::chat);
  options.sequences = 2;
  begin(options);
  static_cast<void>(answer_->status(queued(1)));
  EXPECT_THAT(
      sent_for(
          R"({"choices":[{"index":1,"delta":{"role":"assistant","content":"a"}},{"delta":{"role":"assistant","content":"b"},"index":0}]})"),
      HasSubstr(R"("choices":[{"index":1,"delta":{"content":"a"}},{"delta":{"content":"b"},"index":0}])"));
}

TEST_F(ChatAnswerFed, ProgressOfThePrefillStaysHereUnlessItWasAskedFor) {
  const std::string engine = read_golden("engine/chat_progress.sse");
  begin();
  EXPECT_THAT(pass(*answer_, engine), Not(HasSubstr("prompt_progress")));

  auto options = gemma_options(Route::chat);
  options.pass_progress = true;
  begin(options);
  const std::string out = pass(*answer_, engine);
  EXPECT_THAT(out, AllOf(HasSubstr(R"("prompt_progress":{"total":630,"cache":0,"processed":0,"time_ms":0}})"),
                         HasSubstr(R"("processed":630)")));
  EXPECT_EQ(out.find("\"role\""), out.rfind("\"role\"")) << "the role came more than once";
}

TEST_F(ChatAnswerFed, ProgressBesideContentIsTakenOutAlone) {
  begin();
  EXPECT_EQ(
      sent_for(
          R"({"id":"e","created":1,"model":"e","prompt_progress":{"total":1},"choices":[{"index":0,"delta":{"content":"a"}}]})"),
      R"(data: {"id":"chatcmpl-42","created":1764000000,"model":"gemma","choices":[{"index":0,"delta":{"content":"a"}}]})"
      "\n\n");
}

TEST_F(ChatAnswerFed, MembersAreCutAtAnyPlaceWithTheirComma) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> cases{{
      {R"({"usage":{"a":1},"id":"e","created":1,"model":"e","choices":[{"text":"a"}]})",
       R"({"id":I,"choices":[{"text":"a"}]})"},
      {R"({"id":"e","created":1,"model":"e","choices":[{"text":"a"}],"usage":{"a":1}})",
       R"({"id":I,"choices":[{"text":"a"}]})"},
      {R"({"usage":1,"prompt_progress":2,"id":"e","created":1,"model":"e","choices":[{"text":"a"}]})",
       R"({"id":I,"choices":[{"text":"a"}]})"},
      {R"({"id":"e","created":1,"model":"e","usage":1,"choices":[{"text":"a"}],"prompt_progress":2,"x":3})",
       R"({"id":I,"choices":[{"text":"a"}],"x":3})"},
      {R"({ "id" : "e" , "created" : 1 , "model":"e" , "usage" : 1 , "x" : 3 })",
       R"({ "id" : I , "x" : 3 })"},
  }};
  for (const auto& [chunk, expected] : cases) {
    begin();
    std::string sent = sent_for(chunk);
    sent = replace_all(sent, R"re("chatcmpl-42"( ?,) ?"created" ?: ?1764000000 ?, ?"model":"gemma")re", "I");
    EXPECT_EQ(sent, "data: " + std::string(expected) + "\n\n");
  }
}

TEST_F(ChatAnswerFed, MissingIdentityIsPutIn) {
  begin();
  EXPECT_EQ(
      sent_for(R"({"choices":[{"index":0,"delta":{"content":"a"}}]})"),
      R"(data: {"id":"chatcmpl-42","created":1764000000,"model":"gemma","choices":[{"index":0,"delta":{"content":"a"}}]})"
      "\n\n");
  EXPECT_EQ(sent_for("{}"), R"(data: {"id":"chatcmpl-42","created":1764000000,"model":"gemma"})"
                            "\n\n");
}

TEST_F(ChatAnswerFed, NestedNamesakesAreLeftAlone) {
  begin();
  const std::string chunk =
      R"({"id":"e","created":1,"model":"e","choices":[{"index":0,"delta":{"tool_calls":[{"id":"c1","model":"m","usage":1,"created":9}]},"usage":{"a":1}}]})";
  EXPECT_EQ(
      sent_for(chunk),
      R"(data: {"id":"chatcmpl-42","created":1764000000,"model":"gemma","choices":[{"index":0,"delta":{"tool_calls":[{"id":"c1","model":"m","usage":1,"created":9}]},"usage":{"a":1}}]})"
      "\n\n");
}

TEST_F(ChatAnswerFed, NumbersAndEscapesStayAsTheyCame) {
  begin();
  const std::string odd = R"("odd":[1E-1,18446744073709551616,0.10,"\u00e9\/\"]}"])";
  EXPECT_THAT(sent_for("{" + odd + R"(,"choices":[]})"), HasSubstr(odd));
}

TEST_F(ChatAnswerFed, NamesWithQuotesStayJson) {
  auto options = gemma_options(Route::chat);
  options.model = "a\"b\\";
  begin(options);
  EXPECT_THAT(sent_for(R"({"model":"e"})"), HasSubstr(R"("model":"a\"b\\")"));
  StatusReport report = queued(1);
  report.model = options.model;
  EXPECT_THAT(answer_->status(report), AllOf(HasSubstr(R"("model":"a\"b\\","choices")"),
                                             HasSubstr(R"(Queued for a\"b\\ (position 1).)")));
}

TEST_F(ChatAnswerFed, HeartbeatsHaveAnEmptyDelta) {
  begin();
  static_cast<void>(answer_->status(queued(3)));
  EXPECT_EQ(choices_of(queued(2)), R"([{"index":0,"delta":{},"finish_reason":null}])");
}

TEST_F(ChatAnswerFed, ProcessingEndsWordsOnlyIfThereWereSome) {
  begin();
  const StatusReport processing{.status = Status::processing, .model = "gemma"};
  EXPECT_EQ(choices_of(processing), R"([{"index":0,"delta":{"role":"assistant"},"finish_reason":null}])");
  begin();
  static_cast<void>(answer_->status(queued(3)));
  EXPECT_EQ(choices_of(processing), R"([{"index":0,"delta":{"content":"\n"},"finish_reason":null}])");
}

TEST_F(ChatAnswerFed, MetadataFieldCanBeRenamed) {
  auto options = gemma_options(Route::chat);
  options.metadata_field = "x_status";
  begin(options);
  EXPECT_THAT(answer_->status(loading(0.5)),
              AllOf(HasSubstr(R"(,"x_status":{"status":"loading")"), Not(HasSubstr("candle"))));
}

TEST_F(ChatAnswerFed, CommentsCarryTheMetadataAndLeaveTheRoleToTheEngine) {
  auto options = gemma_options(Route::chat);
  options.status_chunks = StatusChunks::comment;
  begin(options);
  EXPECT_EQ(answer_->status(queued(3)),
            ": {\"status\":\"queued\",\"model\":\"gemma\",\"position\":3,\"queue_length\":4,"
            "\"active_model\":\"gemma\",\"waited_ms\":0}\n\n");
  EXPECT_THAT(sent_for(kRoleChunk), HasSubstr(R"("role":"assistant")"));
}

TEST_F(ChatAnswerFed, OffSaysNothingAndLeavesTheRoleToTheEngine) {
  auto options = gemma_options(Route::chat);
  options.status_chunks = StatusChunks::off;
  begin(options);
  EXPECT_THAT(walk(*answer_), IsEmpty());
  EXPECT_THAT(sent_for(kRoleChunk), HasSubstr(R"("role":"assistant")"));
}

TEST_F(ChatAnswerFed, FailureIsOneErrorEventAndNoDone) {
  begin();
  static_cast<void>(answer_->status(queued(3)));
  EXPECT_EQ(answer_->failure({.kind = ErrorKind::engine_error, .message = "The engine died."}),
            "data: {\"error\":{\"message\":\"The engine died.\",\"type\":\"engine_error\",\"param\":null,"
            "\"code\":null}}\n\n");
}

TEST_F(ChatAnswerFed, FinishReasonIsNotSentBeforeAnError) {
  begin();
  EXPECT_THAT(sent_for(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"), IsEmpty());
  EXPECT_THAT(answer_->failure({.kind = ErrorKind::engine_error, .message = "m"}), Not(HasSubstr("stop")));
}

TEST_F(ChatAnswerFed, FinishReasonComesAtTheLatestWithTheTerminator) {
  begin();
  EXPECT_THAT(sent_for(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"), IsEmpty());
  out_.clear();
  EXPECT_EQ(feed("[DONE]").value(), Ended::yes);
  EXPECT_THAT(events_of(out_), SizeIs(2));
  EXPECT_THAT(out_, AllOf(HasSubstr(R"("finish_reason":"stop")"), ::testing::EndsWith("data: [DONE]\n\n")));
}

TEST_F(ChatAnswerFed, RestartedBeginsAsIfTheEngineHadSaidNothing) {
  begin();
  static_cast<void>(sent_for(kRoleChunk));
  static_cast<void>(sent_for(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"));
  answer_->restart();
  EXPECT_THAT(sent_for(kRoleChunk), HasSubstr(R"("role":"assistant")"));
  out_.clear();
  EXPECT_EQ(feed("[DONE]").value(), Ended::yes);
  EXPECT_THAT(out_, Not(HasSubstr("stop"))) << "the finish of the first engine";
}

TEST_F(ChatAnswerFed, RestartedForgetsTheTokensOfTheFirstEngine) {
  begin();
  static_cast<void>(sent_for(R"({"choices":[],"usage":{"completion_tokens":7}})"));
  ASSERT_EQ(answer_->generated_tokens(), 7U);
  answer_->restart();
  EXPECT_EQ(answer_->generated_tokens(), 0U);
}

TEST_F(ChatAnswerFed, RestartedSaysNeitherTheRoleNorWordsASecondTime) {
  begin();
  const StatusReport processing{.status = Status::processing, .model = "gemma"};
  EXPECT_THAT(answer_->status(loading(0.5)), AllOf(HasSubstr("role"), HasSubstr("Loading")));
  EXPECT_THAT(answer_->status(processing), HasSubstr(R"("content":"\n")"));
  static_cast<void>(sent_for(kRoleChunk));
  answer_->restart();
  for (const auto& report : {queued(1), loading(0.5), processing}) {
    EXPECT_THAT(answer_->status(report), HasSubstr(R"("delta":{})"));
  }
  EXPECT_THAT(sent_for(kRoleChunk), Not(HasSubstr("role")));
}

TEST_F(ChatAnswerFed, RestartedWithoutAWaitBeforeTellsWords) {
  begin();
  static_cast<void>(sent_for(kRoleChunk));
  answer_->restart();
  EXPECT_THAT(answer_->status(loading(0.5)), AllOf(HasSubstr("role"), HasSubstr("Loading gemma.")));
}

TEST_F(ChatAnswerFed, EnginesErrorEventComesBackAsItsMessage) {
  for (const auto& [data, name, message] :
       {std::tuple(R"({"error":{"code":500,"message":"Context size exceeded","type":"x"}})", "",
                   "Context size exceeded"),
        std::tuple(R"({"error":"plain"})", "", "plain"),
        std::tuple(R"({"message":"named"})", "error", "named"),
        std::tuple(R"({"error":{"code":500}})", "", "The engine reported an error.")}) {
    begin();
    const auto step = feed(data, name);
    ASSERT_FALSE(step.has_value());
    EXPECT_EQ(step.error().code, ErrorCode::io);
    EXPECT_EQ(step.error().message, message);
    EXPECT_THAT(out_, IsEmpty());
  }
}

TEST_F(ChatAnswerFed, AnErrorThatQuotesTheWholeRequestIsNotPassedOn) {
  begin();
  const auto step = feed(R"({"error":{"message":")" + std::string(100000, 'x') + R"("}})");
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().message, "The engine reported an error.");
}

TEST_F(ChatAnswerFed, NullErrorIsNone) {
  begin();
  EXPECT_THAT(sent_for(R"({"error":null,"choices":[]})"), HasSubstr(R"("error":null)"));
}

TEST_F(ChatAnswerFed, RefusesWhatIsNoObject) {
  for (const auto* data :
       {"", "7", "[]", "{", R"({"a":1)", R"({"a" 1})", "proxy error", R"({"a":1}})", R"({"a":})"}) {
    begin();
    const auto step = feed(data);
    ASSERT_FALSE(step.has_value()) << data;
    EXPECT_EQ(step.error().code, ErrorCode::invalid);
    EXPECT_THAT(out_, IsEmpty());
  }
}

TEST_F(ChatAnswerFed, OddChoicesPassUnchanged) {
  for (const auto* choices :
       {"null", "7", R"("x")", "[7]", R"([{"delta":7}])", R"([{"index":-1,"delta":{"role":"a"}}])",
        R"([{"index":99999999999999999999,"delta":{"content":null}}])", "{}"}) {
    begin();
    EXPECT_THAT(sent_for(R"({"choices":)" + std::string(choices) + "}"), HasSubstr(choices));
  }
}

// Every beginning of every captured event, and each with one byte changed: an error or bytes, never a crash.
TEST_F(ChatAnswerFed, BrokenEventsNeverCrash) {
  for (const std::string capture :
       {"chat_logprobs", "chat_n2", "chat_parallel_tools", "completions_logprobs"}) {
    for (const auto& event : events_of(read_golden("engine/" + capture + ".sse"))) {
      for (std::size_t i = 0; i < event.data.size(); i += 3) {
        begin(route_of(capture));
        static_cast<void>(feed(std::string_view(event.data).substr(0, i)));
        for (const char byte : {'"', '\\', '{', ']', ',', '\0'}) {
          std::string changed = event.data;
          changed[i] = byte;
          static_cast<void>(feed(changed));
        }
      }
    }
  }
}

}  // namespace
}  // namespace signalbox::api::testing
