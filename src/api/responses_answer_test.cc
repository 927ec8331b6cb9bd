// Streamed responses: every event as the official clients' stream helpers need it.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "api/response_object.h"
#include "api/streams_test.h"

namespace signalbox::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using boost::json::object;
using boost::json::value;

std::vector<object> parse_events(std::string_view stream) {
  std::vector<object> events;
  for (const auto& event : events_of(stream)) {
    object data = boost::json::parse(event.data).as_object();
    EXPECT_EQ(data.at("type").as_string(), event.name);
    events.push_back(std::move(data));
  }
  return events;
}

std::vector<std::string> types_of(const std::vector<object>& events) {
  std::vector<std::string> types;
  for (const auto& event : events) {
    std::string type(event.at("type").as_string());
    if (types.empty() || types.back() != type || !type.ends_with("delta")) types.push_back(std::move(type));
  }
  return types;
}

// The rules of the clients' accumulators (openai 3.54 for Python, 6.49 for Node), strictest of both.
class Accumulator {
 public:
  void take(const object& event) {
    const std::string type(event.at("type").as_string());
    ASSERT_EQ(event.at("sequence_number").to_number<std::size_t>(), sequence_++);
    if (type == "response.created") {
      ASSERT_TRUE(output_.empty() && id_.empty()) << "created a second time";
      id_ = event.at("response").at("id").as_string();
    }
    ASSERT_FALSE(id_.empty()) << type << " before response.created";
    if (event.contains("response")) take_response(type, event.at("response").as_object());
    if (event.contains("output_index")) take_output(type, event);
  }
  [[nodiscard]] bool completed() const { return completed_; }
  [[nodiscard]] const boost::json::array& output() const { return output_; }

 private:
  void take_response(const std::string& type, const object& response) {
    for (const auto* key : {"id", "object", "created_at", "status", "error", "incomplete_details",
                            "instructions", "metadata", "model", "output", "parallel_tool_calls",
                            "temperature", "tool_choice", "tools", "top_p", "usage"}) {
      ASSERT_TRUE(response.contains(key)) << type << " without " << key;
    }
    ASSERT_EQ(response.at("id").as_string(), id_);
    if (type != "response.completed") {
      output_ = response.at("output").as_array();
      return;
    }
    completed_ = true;
    ASSERT_EQ(done_.size(), output_.size()) << "completed with items that are not done";
    ASSERT_EQ(response.at("output").as_array(), output_);
    ASSERT_TRUE(response.at("usage").is_object());
  }

  void take_output(const std::string& type, const object& event) {
    const auto index = event.at("output_index").to_number<std::size_t>();
    if (type == "response.output_item.added") {
      ASSERT_EQ(index, output_.size());
      output_.push_back(event.at("item"));
      return;
    }
    ASSERT_LT(index, output_.size()) << type;
    object& item = output_[index].as_object();
    if (type == "response.output_item.done") {
      ASSERT_EQ(item.at("id"), event.at("item").at("id"));
      ASSERT_FALSE(done_[index]) << "done twice";
      if (item.at("type") == "function_call") {
        ASSERT_EQ(item.at("arguments"), event.at("item").at("arguments"));
      } else {
        ASSERT_EQ(texts_of(item), texts_of(event.at("item").as_object()));
      }
      item = event.at("item").as_object();
      done_[index] = true;
      return;
    }
    ASSERT_EQ(item.at("id"), event.at("item_id")) << type;
    if (type == "response.function_call_arguments.delta") {
      append(item.at("arguments"), event.at("delta"));
    } else if (type == "response.function_call_arguments.done") {
      ASSERT_EQ(item.at("arguments"), event.at("arguments"));
    } else {
      take_part(type, event, item);
    }
  }

  void take_part(const std::string& type, const object& event, object& item) {
    auto& content = item.at("content").as_array();
    const auto index = event.at("content_index").to_number<std::size_t>();
    if (type == "response.content_part.added") {
      ASSERT_EQ(index, content.size());
      content.push_back(event.at("part"));
      return;
    }
    ASSERT_LT(index, content.size()) << type << " for a part that was not added";
    object& part = content[index].as_object();
    if (type == "response.content_part.done") {
      ASSERT_EQ(part.at("text"), event.at("part").at("text"));
      return;
    }
    const std::string part_type(part.at("type").as_string());
    ASSERT_THAT(type, HasSubstr("." + part_type + "."));
    if (part_type == "output_text") {
      ASSERT_TRUE(event.contains("logprobs"));
      ASSERT_TRUE(part.contains("annotations"));
    }
    if (type.ends_with("delta")) append(part.at("text"), event.at("delta"));
    if (type.ends_with("done")) {
      ASSERT_EQ(part.at("text"), event.at("text"));
    }
  }

  static std::vector<std::string> texts_of(const object& item) {
    std::vector<std::string> texts;
    for (const auto& part : item.at("content").as_array()) texts.emplace_back(part.at("text").as_string());
    return texts;
  }
  static void append(value& text, const value& delta) { text.as_string().append(delta.as_string()); }

  std::size_t sequence_ = 0;
  std::string id_;
  bool completed_ = false;
  boost::json::array output_;
  std::map<std::size_t, bool> done_;
};

Accumulator accumulate(const std::vector<object>& events) {
  Accumulator accumulator;
  for (const auto& event : events) {
    accumulator.take(event);
    if (::testing::Test::HasFatalFailure()) {
      ADD_FAILURE() << "at " << event;
      break;
    }
  }
  return accumulator;
}

AnswerOptions options_for(const std::string& capture) {
  auto options = gemma_options(Route::responses);
  if (capture.ends_with("_n2")) options.sequences = 2;
  return options;
}

class ResponsesStreamOf : public ::testing::TestWithParam<std::string> {
 protected:
  // The engine's own items as it gives them in its stream's end.
  static boost::json::array engine_output(const std::string& engine) {
    boost::json::array output;
    for (const auto& event : events_of(engine)) {
      if (event.name != "response.completed") continue;
      const value data = boost::json::parse(event.data);
      for (const auto& item : data.at("response").at("output").as_array()) {
        output.push_back(item);
        if (item.at("type") == "reasoning") output.back().as_object()["status"] = "completed";
      }
    }
    return output;
  }
};

TEST_P(ResponsesStreamOf, IsWhatTheClientsNeedAndWhatTheEngineSaid) {
  const std::string engine = read_golden("engine/" + GetParam() + ".sse");
  for (const bool waits : {false, true}) {
    const auto answer = make_streamed_answer(options_for(GetParam()));
    const std::string before = waits ? walk(*answer) : "";
    const auto client = accumulate(parse_events(before + pass(*answer, engine)));
    EXPECT_TRUE(client.completed());
    EXPECT_EQ(client.output(), engine_output(engine));
  }
}

TEST_P(ResponsesStreamOf, WithWordsAsReasoningIsStillWhatTheClientsNeed) {
  auto options = options_for(GetParam());
  options.status_text = StatusText::reasoning;
  const auto answer = make_streamed_answer(options);
  const std::string engine = read_golden("engine/" + GetParam() + ".sse");
  const std::string waiting = walk(*answer);
  const auto client = accumulate(parse_events(waiting + pass(*answer, engine)));
  EXPECT_TRUE(client.completed());
  auto expected = engine_output(engine);
  expected.insert(
      expected.begin(),
      boost::json::parse(
          R"({"id":"rs_42","summary":[],"type":"reasoning","content":[{"type":"reasoning_text","text":)"
          R"("Waiting for smollm2 to finish, then gemma (position 3).\nLoading gemma.\nStarting gemma.\n"}],)"
          R"("status":"completed"})"));
  EXPECT_EQ(client.output(), expected);
}

INSTANTIATE_TEST_SUITE_P(Captures, ResponsesStreamOf,
                         ::testing::Values("responses_text", "responses_schema", "responses_tool",
                                           "responses_parallel_tools", "responses_reasoning",
                                           "responses_cut_reasoning", "responses_n2", "responses_empty",
                                           "responses_progress"),
                         [](const auto& capture) { return capture.param; });

class ResponsesAnswerFed : public ::testing::Test {
 protected:
  void begin(const AnswerOptions& options) {
    answer_ = make_streamed_answer(options);
    out_.clear();
  }
  void begin() { begin(gemma_options(Route::responses)); }
  Result<Ended> feed(std::string_view data, std::string_view name = "") {
    return answer_->engine_event({.name = name, .data = data}, out_);
  }
  std::vector<object> sent_for(std::string_view data) {
    out_.clear();
    EXPECT_TRUE(feed(data).has_value()) << data;
    return parse_events(out_);
  }
  std::vector<object> sent_for_all(std::initializer_list<std::string_view> events) {
    for (const auto data : events) EXPECT_TRUE(feed(data).has_value()) << data;
    return parse_events(out_);
  }

  std::unique_ptr<StreamedAnswer> answer_;
  std::string out_;
};

constexpr std::string_view kCreated =
    R"({"type":"response.created","response":{"id":"e","object":"response","status":"in_progress"}})";
constexpr std::string_view kInProgress =
    R"({"type":"response.in_progress","response":{"id":"e","object":"response","status":"in_progress"}})";

std::string completed(std::string_view output) {
  return R"({"type":"response.completed","response":{"id":"e","created_at":9,"output":[)" +
         std::string(output) + R"(],"usage":{"input_tokens":1}}})";
}

TEST_F(ResponsesAnswerFed, BeginsInProgressWhereNobodyWaited) {
  begin();
  const auto events = sent_for_all({kCreated, kInProgress});
  EXPECT_THAT(types_of(events), ElementsAre("response.created", "response.in_progress"));
  EXPECT_EQ(events[0].at("response").at("status"), "in_progress");
}

TEST_F(ResponsesAnswerFed, DropsTheEnginesBeginningsAfterAWait) {
  begin();
  static_cast<void>(walk(*answer_));
  EXPECT_THAT(sent_for(kCreated), IsEmpty());
  EXPECT_THAT(sent_for(kInProgress), IsEmpty());
}

TEST_F(ResponsesAnswerFed, BeginsByItselfIfTheEngineForgets) {
  begin();
  EXPECT_THAT(types_of(sent_for(R"({"type":"response.output_text.delta","item_id":"m","delta":"a"})")),
              ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                          "response.content_part.added", "response.output_text.delta"));
  begin();
  EXPECT_THAT(types_of(sent_for(completed(""))),
              ElementsAre("response.created", "response.in_progress", "response.completed"));
}

TEST_F(ResponsesAnswerFed, ItemsThatWereNeverAnnouncedAreAnnouncedBeforeTheirEnd) {
  begin();
  const auto events = sent_for(completed(
      R"({"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"a\n"}]},)"
      R"({"type":"function_call","id":"f","call_id":"c","name":"g","arguments":"{}","status":"completed"})"));
  EXPECT_THAT(
      types_of(events),
      ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                  "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                  "response.content_part.done", "response.output_item.done", "response.output_item.added",
                  "response.function_call_arguments.delta", "response.function_call_arguments.done",
                  "response.output_item.done", "response.completed"));
  EXPECT_TRUE(accumulate(events).completed());
}

TEST_F(ResponsesAnswerFed, TextThatTheDeltasLackedIsSentBeforeItsEnd) {
  begin();
  const auto events = sent_for_all(
      {R"({"type":"response.output_text.delta","item_id":"m","delta":"a\"b"})",
       R"({"type":"response.output_text.done","item_id":"m","text":"a\"bc"})",
       R"({"type":"response.output_item.done","item":{"type":"message","id":"m","content":[{"type":"output_text","text":"a\"bc"}]}})",
       R"({"type":"response.completed","response":{"id":"e","output":[],"usage":{}}})"});
  EXPECT_TRUE(accumulate(events).completed());
}

TEST_F(ResponsesAnswerFed, ItemsThatTheEngineForgotAreEndedBeforeTheResponse) {
  begin();
  const auto events = sent_for_all(
      {R"({"type":"response.output_item.added","item":{"id":"f","type":"function_call","call_id":"c","name":"g","arguments":"","status":"in_progress"}})",
       R"({"type":"response.function_call_arguments.delta","item_id":"f","delta":"{\"a"})",
       R"({"type":"response.output_item.added","item":{"id":"m","type":"message","role":"assistant","content":[],"status":"in_progress"}})",
       R"({"type":"response.completed","response":{"id":"e","output":[],"usage":{}}})"});
  const auto client = accumulate(events);
  EXPECT_TRUE(client.completed());
  ASSERT_EQ(client.output().size(), 2U);
  EXPECT_EQ(client.output()[0].at("arguments"), "{\"a");
  EXPECT_EQ(client.output()[0].at("status"), "incomplete");
}

TEST_F(ResponsesAnswerFed, SecondEndsAreDropped) {
  begin();
  const std::string done =
      R"({"type":"response.output_item.done","item":{"type":"message","id":"m","content":[{"type":"output_text","text":"a"}]}})";
  const std::string text = R"({"type":"response.output_text.done","item_id":"m","text":"a"})";
  const std::string part =
      R"({"type":"response.content_part.done","item_id":"m","part":{"type":"output_text","text":"a"}})";
  const auto events = sent_for_all({text, text, part, part, done, done, completed("")});
  EXPECT_TRUE(accumulate(events).completed());
  EXPECT_EQ(std::ranges::count(types_of(events), "response.output_item.done"), 1);
}

TEST_F(ResponsesAnswerFed, AnEngineThatSendsEverythingIsNotSentTwice) {
  begin();
  const auto events = sent_for_all(
      {R"({"type":"response.created","sequence_number":0,"response":{"id":"e"}})",
       R"({"type":"response.in_progress","sequence_number":1,"response":{"id":"e"}})",
       R"({"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"r","type":"reasoning","summary":[],"content":[],"status":"in_progress"}})",
       R"({"type":"response.content_part.added","output_index":0,"content_index":0,"item_id":"r","part":{"type":"reasoning_text","text":""}})",
       R"({"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"item_id":"r","delta":"x"})",
       R"({"type":"response.reasoning_text.done","output_index":0,"content_index":0,"item_id":"r","text":"x"})",
       R"({"type":"response.content_part.done","output_index":0,"content_index":0,"item_id":"r","part":{"type":"reasoning_text","text":"x"}})",
       R"({"type":"response.output_item.done","output_index":0,"item":{"id":"r","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"x"}],"status":"completed"}})",
       R"({"type":"response.output_item.added","output_index":1,"item":{"id":"f","type":"function_call","call_id":"c","name":"g","arguments":"","status":"in_progress"}})",
       R"({"type":"response.function_call_arguments.delta","output_index":1,"item_id":"f","delta":"{}"})",
       R"({"type":"response.function_call_arguments.done","output_index":1,"item_id":"f","name":"g","arguments":"{}"})",
       R"({"type":"response.output_item.done","output_index":1,"item":{"id":"f","type":"function_call","call_id":"c","name":"g","arguments":"{}","status":"completed"}})",
       R"({"type":"response.completed","response":{"id":"e","output":[],"usage":{}}})"});
  EXPECT_EQ(events.size(), 13U);
  EXPECT_TRUE(accumulate(events).completed());
}

TEST_F(ResponsesAnswerFed, AMessageOfTwoPartsHasTwoContentIndexes) {
  begin();
  const auto events = sent_for_all(
      {R"({"type":"response.content_part.added","item_id":"m","part":{"type":"output_text","text":""}})",
       R"({"type":"response.output_text.delta","item_id":"m","delta":"a"})",
       R"({"type":"response.output_text.done","item_id":"m","text":"a"})",
       R"({"type":"response.content_part.done","item_id":"m","part":{"type":"output_text","text":"a"}})",
       R"({"type":"response.content_part.added","item_id":"m","part":{"type":"output_text","text":""}})",
       R"({"type":"response.output_text.delta","item_id":"m","delta":"b"})",
       R"({"type":"response.output_item.done","item":{"type":"message","id":"m","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]}})",
       R"({"type":"response.completed","response":{"id":"e","output":[],"usage":{}}})"});
  EXPECT_TRUE(accumulate(events).completed());
}

TEST_F(ResponsesAnswerFed, UnknownEventsGoOnWithOurNumbers) {
  begin();
  const auto events = sent_for_all(
      {R"({"type":"response.output_text.delta","item_id":"m","delta":"a"})",
       R"({"type":"response.output_text.annotation.added","sequence_number":77,"output_index":5,"content_index":0,"item_id":"m","annotation_index":0,"annotation":{"x":1}})"});
  const object& last = events.back();
  EXPECT_EQ(last.at("sequence_number"), 5);
  EXPECT_EQ(last.at("output_index"), 0);
  EXPECT_EQ(last.at("annotation").at("x"), 1);
}

TEST_F(ResponsesAnswerFed, MembersItDoesNotKnowPass) {
  begin();
  const auto delta = sent_for(
      R"({"type":"response.output_text.delta","item_id":"m","delta":"a","obfuscation":"x","logprobs":[1]})");
  EXPECT_EQ(delta.back().at("obfuscation"), "x");
  EXPECT_EQ(delta.back().at("logprobs").at(0), 1);
  const auto end = sent_for(
      R"({"type":"response.completed","response":{"id":"e","output":[],"usage":{},"service_x":1},"timings":{"a":1}})");
  EXPECT_EQ(end.back().at("timings").at("a"), 1);
  EXPECT_EQ(end.back().at("response").at("service_x"), 1);
}

TEST_F(ResponsesAnswerFed, AnIncompleteResponseStaysOne) {
  begin();
  out_.clear();
  EXPECT_EQ(
      feed(
          R"({"type":"response.incomplete","response":{"id":"e","output":[],"incomplete_details":{"reason":"max_output_tokens"}}})")
          .value(),
      Ended::yes);
  const auto events = parse_events(out_);
  EXPECT_EQ(events.back().at("type"), "response.incomplete");
  EXPECT_EQ(events.back().at("response").at("status"), "incomplete");
  EXPECT_EQ(events.back().at("response").at("incomplete_details").at("reason"), "max_output_tokens");
}

TEST_F(ResponsesAnswerFed, PrefillProgressIsDroppedUnlessAskedFor) {
  const std::string engine = read_golden("engine/responses_progress.sse");
  begin();
  EXPECT_THAT(pass(*answer_, engine), Not(HasSubstr("prompt_progress")));
  auto options = gemma_options(Route::responses);
  options.pass_progress = true;
  begin(options);
  const std::string out = pass(*answer_, engine);
  EXPECT_THAT(out, HasSubstr(R"(,"prompt_progress":{"total":630,"cache":0,"processed":630)"));
  EXPECT_TRUE(accumulate(parse_events(out)).completed());
}

TEST_F(ResponsesAnswerFed, FailureIsTheOneFormAllClientsRaise) {
  begin();
  static_cast<void>(walk(*answer_));  // seven events, 0 to 6, the last is in_progress
  EXPECT_EQ(
      answer_->failure({.kind = ErrorKind::shutting_down, .message = "Going \"down\"."}),
      "event: error\n"
      R"(data: {"type":"error","sequence_number":6,"code":"shutting_down","message":"Going \"down\".","param":null,)"
      R"("error":{"message":"Going \"down\".","type":"server_busy","param":null,"code":"shutting_down"}})"
      "\n\n");
  begin();
  EXPECT_EQ(answer_->failure({.kind = ErrorKind::engine_error, .message = "m"}),
            "event: error\n"
            R"(data: {"type":"error","sequence_number":0,"code":null,"message":"m","param":null,)"
            R"("error":{"message":"m","type":"engine_error","param":null,"code":null}})"
            "\n\n");
}

TEST_F(ResponsesAnswerFed, CommentsAndOffLeaveTheStreamToTheEngine) {
  auto options = gemma_options(Route::responses);
  options.status_chunks = StatusChunks::comment;
  begin(options);
  for (const auto& report : waiting_walk())
    EXPECT_EQ(answer_->status(report), sse_comment(status_json(report)));
  EXPECT_EQ(sent_for(kCreated)[0].at("response").at("status"), "in_progress");
  options.status_chunks = StatusChunks::off;
  begin(options);
  EXPECT_THAT(walk(*answer_), IsEmpty());
}

TEST_F(ResponsesAnswerFed, WordsComeOnlyAsReasoning) {
  for (const auto text : {StatusText::automatic, StatusText::content, StatusText::none}) {
    auto options = gemma_options(Route::responses);
    options.status_text = text;
    begin(options);
    EXPECT_THAT(walk(*answer_), Not(HasSubstr("Loading gemma")));
  }
}

TEST_F(ResponsesAnswerFed, RestartedSaysWhatItWouldHaveSaidAtFirst) {
  const std::string engine = read_golden("engine/responses_text.sse");
  begin();
  const std::string whole = pass(*answer_, engine);
  begin();
  for (const std::string_view event : {kCreated, kInProgress}) static_cast<void>(sent_for(event));
  static_cast<void>(sent_for(R"({"type":"response.output_item.added","item":{"id":"m","type":"message"}})"));
  answer_->restart();
  EXPECT_EQ(pass(*answer_, engine), whole);
}

TEST_F(ResponsesAnswerFed, RestartedAfterAWaitGoesOnWithItsNumbers) {
  auto options = gemma_options(Route::responses);
  options.status_text = StatusText::reasoning;
  begin(options);
  const StatusReport processing{.status = Status::processing, .model = "gemma"};
  const StatusReport loading{.status = Status::loading, .model = "gemma", .progress = 0.5};
  std::string sent = answer_->status(loading) + answer_->status(processing);
  static_cast<void>(sent_for(R"({"type":"response.output_item.added","item":{"id":"m","type":"message"}})"));
  answer_->restart();
  sent += answer_->status(loading) + answer_->status(processing);
  sent += pass(*answer_, read_golden("engine/responses_text.sse"));
  std::int64_t number = 0;
  for (const auto& event : parse_events(sent)) EXPECT_EQ(event.at("sequence_number").as_int64(), number++);
  EXPECT_THAT(types_of(parse_events(sent)), ::testing::Contains("response.created").Times(1));
}

TEST_F(ResponsesAnswerFed, EnginesErrorComesBackAsItsMessage) {
  for (const auto& [data, name] :
       {std::pair(R"({"error":{"code":500,"message":"boom"}})", ""),
        std::pair(R"({"type":"error","message":"boom"})", ""), std::pair(R"({"message":"boom"})", "error"),
        std::pair(R"({"type":"response.failed","response":{"error":{"code":"x","message":"boom"}}})", "")}) {
    begin();
    const auto step = feed(data, name);
    ASSERT_FALSE(step.has_value()) << data;
    EXPECT_EQ(step.error().code, ErrorCode::io);
    EXPECT_EQ(step.error().message, "boom");
    EXPECT_THAT(out_, IsEmpty());
  }
}

TEST_F(ResponsesAnswerFed, RefusesWhatIsNoObjectAndItemsWithoutId) {
  for (const auto* data :
       {"", "[]", "{", "proxy error", R"({"type":"response.output_text.delta","delta":"a"})",
        R"({"type":"response.output_item.added"})", R"({"type":"response.output_item.done","item":7})",
        R"({"type":"response.function_call_arguments.delta","item_id":7,"delta":"a"})"}) {
    begin();
    const auto step = feed(data);
    ASSERT_FALSE(step.has_value()) << data;
    EXPECT_EQ(step.error().code, ErrorCode::invalid);
  }
}

TEST_F(ResponsesAnswerFed, BoundsTheNumberOfItems) {
  begin();
  Result<Ended> step = Ended::no;
  int items = 0;
  while (step && items < 5000) {
    step = feed(R"({"type":"response.output_text.delta","item_id":"m)" + std::to_string(items++) +
                R"(","delta":"a"})");
  }
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, ErrorCode::limit);
  EXPECT_EQ(items, 1025);
}

TEST_F(ResponsesAnswerFed, BrokenEventsNeverCrash) {
  for (const std::string capture : {"responses_reasoning", "responses_parallel_tools"}) {
    const auto events = events_of(read_golden("engine/" + capture + ".sse"));
    for (std::size_t broken = 0; broken < events.size(); ++broken) {
      for (std::size_t i = 0; i < events[broken].data.size(); i += 7) {
        for (const char byte : {'"', '\\', '}', '['}) {
          begin();
          std::string changed = events[broken].data;
          changed[i] = byte;
          for (std::size_t at = broken > 2 ? broken - 2 : 0; at < std::min(events.size(), broken + 2); ++at) {
            static_cast<void>(feed(at == broken ? std::string_view(changed) : events[at].data));
          }
          static_cast<void>(feed(std::string_view(events[broken].data).substr(0, i)));
        }
      }
    }
  }
}

object response_with(std::string_view body) {
  const ResponseObject response("\"resp_1\"", "7", "\"m\"", body);
  return boost::json::parse(response.open({.status = "queued", .output = {}}) + "}").as_object();
}

TEST(ResponseObject, EchoesTheRequestsSettings) {
  const auto response = response_with(
      "{\"input\":\"x\",\n "
      "\"tools\":[\n{\"type\":\"function\"}],\"top_p\":0.10,\r\n\"metadata\":{\"a\":\"b\"},\"store\":false,"
      "\"temperature\":null,\"parallel_tool_calls\":null}");
  EXPECT_EQ(response.at("tools").at(0).at("type"), "function");
  EXPECT_EQ(response.at("metadata").at("a"), "b");
  EXPECT_EQ(response.at("store"), false);
  EXPECT_EQ(response.at("parallel_tool_calls"), true);
  EXPECT_TRUE(response.at("temperature").is_null());
  EXPECT_FALSE(response.contains("input"));
  EXPECT_FALSE(response.contains("user"));
}

TEST(ResponseObject, StaysOnOneLineAndKeepsNumbersAsTheyStand) {
  const ResponseObject response("\"resp_1\"", "7", "\"m\"", "{\"top_p\":0.10,\"tools\":[\n1,\r\n2]}");
  const std::string text = response.open({.status = "queued", .output = {}});
  EXPECT_THAT(text, HasSubstr(R"("top_p":0.10)"));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(ResponseObject, LeavesOutWhatIsTooLarge) {
  const std::string large = '"' + std::string(ResponseObject::kSettingMax, 'x') + '"';
  EXPECT_TRUE(response_with(R"({"instructions":)" + large + R"(,"user":"u"})").at("instructions").is_null());
  EXPECT_EQ(response_with(R"({"instructions":)" + large + R"(,"user":"u"})").at("user"), "u");
  const std::string half = '"' + std::string(ResponseObject::kSettingMax - 2, 'x') + '"';
  const auto three =
      response_with(R"({"instructions":)" + half + R"(,"user":)" + half + R"(,"text":)" + half + "}");
  EXPECT_EQ(three.at("user").as_string().size(), half.size() - 2);
  EXPECT_FALSE(three.contains("text"));
  const std::string body = R"({"user":"u","input":")" + std::string(ResponseObject::kBodyMax, 'x') + R"("})";
  EXPECT_FALSE(response_with(body).contains("user"));
}

TEST(ResponseObject, TakesAnyBytesForABody) {
  for (const auto* body : {"", "{", "[]", "{\"tools\"", "{\"tools\":[", "null"}) {
    EXPECT_EQ(response_with(body).at("tools"), boost::json::array());
  }
}

}  // namespace
}  // namespace signalbox::api::testing
