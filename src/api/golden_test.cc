// Full waiting streams against the hand-written files of tests/golden.
#include "api/streams_test.h"

namespace signalbox::api::testing {
namespace {

constexpr std::string_view kChatEngine =
    R"(data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-engine","model":"e","system_fingerprint":"b1","object":"chat.completion.chunk","prompt_progress":{"total":35,"cache":0,"processed":0,"time_ms":0}}

:

data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-engine","model":"e","system_fingerprint":"b1","object":"chat.completion.chunk"}

data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Hello"}}],"created":1,"id":"chatcmpl-engine","model":"e","system_fingerprint":"b1","object":"chat.completion.chunk"}

data: {"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"created":2,"id":"chatcmpl-engine","model":"e","system_fingerprint":"b1","object":"chat.completion.chunk"}

data: {"choices":[],"created":2,"id":"chatcmpl-engine","model":"e","system_fingerprint":"b1","object":"chat.completion.chunk","usage":{"completion_tokens":1},"timings":{"prompt_n":35}}

data: [DONE]

)";

constexpr std::string_view kCompletionsEngine =
    R"(data: {"choices":[{"text":"Hello","index":0,"logprobs":null,"finish_reason":null}],"created":1,"model":"e","system_fingerprint":"b1","object":"text_completion","id":"chatcmpl-engine"}

data: {"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"created":1,"model":"e","system_fingerprint":"b1","object":"text_completion","usage":{"completion_tokens":1},"id":"chatcmpl-engine","timings":{"prompt_n":35}}

data: [DONE]

)";

constexpr std::string_view kResponsesEngine =
    R"(event: response.created
data: {"type":"response.created","response":{"id":"resp_engine","object":"response","status":"in_progress"}}

event: response.in_progress
data: {"type":"response.in_progress","response":{"id":"resp_engine","object":"response","status":"in_progress"}}

event: response.output_item.added
data: {"type":"response.output_item.added","item":{"content":[],"id":"msg_1","role":"assistant","status":"in_progress","type":"message"}}

event: response.content_part.added
data: {"type":"response.content_part.added","item_id":"msg_1","part":{"type":"output_text","text":""}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_1","delta":"Hello"}

event: response.output_text.done
data: {"type":"response.output_text.done","item_id":"msg_1","text":"Hello"}

event: response.content_part.done
data: {"type":"response.content_part.done","item_id":"msg_1","part":{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello"}}

event: response.output_item.done
data: {"type":"response.output_item.done","item":{"type":"message","status":"completed","id":"msg_1","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello"}],"role":"assistant"}}

event: response.completed
data: {"type":"response.completed","response":{"id":"resp_engine","object":"response","created_at":1764000009,"status":"completed","model":"e","output":[{"type":"message","status":"completed","id":"msg_1","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello"}],"role":"assistant"}],"usage":{"input_tokens":35,"output_tokens":1,"total_tokens":36}},"timings":{"prompt_n":35}}

)";

std::string waiting_stream(const AnswerOptions& options, std::string_view engine) {
  const auto answer = make_streamed_answer(options);
  std::string out = walk(*answer);
  return with_placeholders(out + pass(*answer, engine));
}

TEST(GoldenStream, ChatWaitsWithWords) {
  EXPECT_EQ(waiting_stream(gemma_options(Route::chat), kChatEngine), read_golden("waiting_chat.sse"));
}

TEST(GoldenStream, ChatWaitsWithoutWordsWhenNoneAreWanted) {
  auto options = gemma_options(Route::chat);
  options.status_text = StatusText::none;
  EXPECT_EQ(waiting_stream(options, kChatEngine), read_golden("waiting_chat_no_words.sse"));
}

TEST(GoldenStream, ChatWaitsWithoutWordsWhereTheyWouldDisturb) {
  auto options = gemma_options(Route::chat);
  options.words_disturb = true;
  EXPECT_EQ(waiting_stream(options, kChatEngine), read_golden("waiting_chat_no_words.sse"));
}

TEST(GoldenStream, ContentWasAskedForSoWordsComeThoughTheyDisturb) {
  auto options = gemma_options(Route::chat);
  options.words_disturb = true;
  options.status_text = StatusText::content;
  EXPECT_EQ(waiting_stream(options, kChatEngine), read_golden("waiting_chat.sse"));
}

TEST(GoldenStream, ReasoningCarriesTheSameWords) {
  auto options = gemma_options(Route::chat);
  options.status_text = StatusText::reasoning;
  const std::string expected =
      replace_all(read_golden("waiting_chat.sse"), R"re("content":"(Waiting|Loading|Starting|\\n))re",
                  R"re("reasoning_content":"$1)re");
  EXPECT_EQ(waiting_stream(options, kChatEngine), expected);
}

TEST(GoldenStream, CompletionsNeverHaveWords) {
  for (const auto text : {StatusText::automatic, StatusText::content, StatusText::reasoning}) {
    auto options = gemma_options(Route::completions);
    options.status_text = text;
    EXPECT_EQ(waiting_stream(options, kCompletionsEngine), read_golden("waiting_completions.sse"));
  }
}

TEST(GoldenStream, ResponsesWaitWithEvents) {
  auto options = gemma_options(Route::responses);
  options.request_body =
      R"({"model":"gemma","input":"Say hello","temperature":0.5,"max_output_tokens":20,"stream":true})";
  EXPECT_EQ(waiting_stream(options, kResponsesEngine), read_golden("waiting_responses.sse"));
}

// Checked apart, as the placeholders hide it.
TEST(GoldenStream, OneIdFromTheFirstStatusToTheLastToken) {
  for (const auto& [route, engine, id] :
       {std::tuple(Route::chat, kChatEngine, "\"id\":\"chatcmpl-42\""),
        std::tuple(Route::completions, kCompletionsEngine, "\"id\":\"cmpl-42\"")}) {
    const auto answer = make_streamed_answer(gemma_options(route));
    const std::string out = walk(*answer) + pass(*answer, engine);
    for (const auto& event : events_of(out)) {
      if (event.data == "[DONE]") continue;
      EXPECT_TRUE(event.data.contains(id)) << event.data;
      EXPECT_TRUE(event.data.contains("\"created\":1764000000")) << event.data;
      EXPECT_TRUE(event.data.contains("\"model\":\"gemma\"")) << event.data;
      EXPECT_FALSE(event.data.contains("engine")) << event.data;
    }
  }
}

}  // namespace
}  // namespace signalbox::api::testing
