#include "support/fake_answer.h"

#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "support/fake_record.h"

namespace signalbox::fake {
namespace {

std::string data_event(std::string_view json) {
  return fmt::format("data: {}\n\n", json);
}

constexpr std::string_view kDone = "data: [DONE]\n\n";
constexpr std::string_view kFingerprint = R"("system_fingerprint":"b11669-fake")";

const boost::json::value* find(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool is_true(const boost::json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

std::optional<std::uint32_t> number(const boost::json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr || !value->is_int64() || value->as_int64() < 0) return std::nullopt;
  return static_cast<std::uint32_t>(value->as_int64());
}

class ChatAnswer final : public Answer {
 public:
  using Answer::Answer;

  std::string progress(std::uint32_t sequence, std::uint32_t processed) override {
    return chunk(choice(sequence, R"({"role":"assistant","content":null})", "null"),
                 fmt::format(R"(,"prompt_progress":{{"total":{},"cache":0,"processed":{},"time_ms":0}})",
                             kPromptTokens, processed));
  }
  std::string begin(std::uint32_t sequence) override {
    return chunk(choice(sequence, R"({"role":"assistant","content":null})", "null"), "");
  }
  std::string token(std::uint32_t sequence, std::string_view text) override {
    texts_[sequence] += text;
    ++tokens_;
    return chunk(choice(sequence, fmt::format(R"({{"content":{}}})", json_string(text)), "null"), "");
  }
  std::string end(std::uint32_t sequence, std::string_view finish_reason) override {
    finish_reasons_[sequence] = finish_reason;
    return chunk(choice(sequence, "{}", json_string(finish_reason)), ask_.include_usage ? "" : timings());
  }
  std::string last() override {
    std::string text;
    if (ask_.include_usage) text = chunk("", usage() + timings());
    return text.append(kDone);
  }
  std::string whole() override {
    std::string choices;
    for (std::uint32_t i = 0; i < ask_.sequences; ++i) {
      choices +=
          fmt::format(R"({}{{"finish_reason":{},"index":{},"message":{{"role":"assistant","content":{}}}}})",
                      i == 0 ? "" : ",", json_string(finish_reasons_[i]), i, json_string(texts_[i]));
    }
    return fmt::format(
        R"({{"choices":[{}],"created":{},"model":{},{},"object":"chat.completion"{},"id":"{}"{}}})", choices,
        created_, json_string(model_), kFingerprint, usage(), id_, timings());
  }

 private:
  static std::string choice(std::uint32_t sequence, std::string_view delta, std::string_view finish_reason) {
    return fmt::format(R"({{"finish_reason":{},"index":{},"delta":{}}})", finish_reason, sequence, delta);
  }
  [[nodiscard]] std::string chunk(std::string_view choices, std::string_view more) const {
    return data_event(fmt::format(
        R"({{"choices":[{}],"created":{},"id":"{}","model":{},{},"object":"chat.completion.chunk"{}}})",
        choices, created_, id_, json_string(model_), kFingerprint, more));
  }
};

class CompletionAnswer final : public Answer {
 public:
  using Answer::Answer;

  std::string progress(std::uint32_t sequence, std::uint32_t processed) override {
    return data_event(
        object(choice(sequence, "", "null"), "",
               fmt::format(R"(,"prompt_progress":{{"total":{},"cache":0,"processed":{},"time_ms":0}})",
                           kPromptTokens, processed)));
  }
  std::string begin(std::uint32_t) override { return ""; }
  std::string token(std::uint32_t sequence, std::string_view text) override {
    texts_[sequence] += text;
    ++tokens_;
    return data_event(object(choice(sequence, text, "null"), "", ""));
  }
  std::string end(std::uint32_t sequence, std::string_view finish_reason) override {
    finish_reasons_[sequence] = finish_reason;
    return data_event(object(choice(sequence, "", json_string(finish_reason)),
                             ask_.include_usage ? usage() : "", timings()));
  }
  std::string last() override { return std::string(kDone); }
  std::string whole() override {
    std::string choices;
    for (std::uint32_t i = 0; i < ask_.sequences; ++i) {
      choices += (i == 0 ? "" : ",") + choice(i, texts_[i], json_string(finish_reasons_[i]));
    }
    return object(choices, usage(), timings());
  }

 private:
  static std::string choice(std::uint32_t sequence, std::string_view text, std::string_view finish_reason) {
    return fmt::format(R"({{"text":{},"index":{},"logprobs":null,"finish_reason":{}}})", json_string(text),
                       sequence, finish_reason);
  }
  [[nodiscard]] std::string object(std::string_view choices, std::string_view usage_part,
                                   std::string_view more) const {
    return fmt::format(
        R"({{"choices":[{}],"created":{},"model":{},{},"object":"text_completion"{},"id":"{}"{}}})", choices,
        created_, json_string(model_), kFingerprint, usage_part, id_, more);
  }
};

class ResponseAnswer final : public Answer {
 public:
  using Answer::Answer;

  std::string progress(std::uint32_t, std::uint32_t processed) override {
    auto text = created_events();
    return text +=
           event("response.in_progress",
                 fmt::format(
                     R"("response":{},"prompt_progress":{{"total":{},"cache":0,"processed":{},"time_ms":0}})",
                     bare(), kPromptTokens, processed));
  }
  std::string begin(std::uint32_t) override {
    auto text = created_events();
    text += event(
        "response.output_item.added",
        fmt::format(
            R"("item":{{"content":[],"id":"{}","role":"assistant","status":"in_progress","type":"message"}})",
            item_id()));
    return text +=
           event("response.content_part.added",
                 fmt::format(R"("item_id":"{}","part":{{"type":"output_text","text":""}})", item_id()));
  }
  std::string token(std::uint32_t sequence, std::string_view text) override {
    texts_[sequence] += text;
    ++tokens_;
    return event("response.output_text.delta",
                 fmt::format(R"("item_id":"{}","delta":{})", item_id(), json_string(text)));
  }
  std::string end(std::uint32_t sequence, std::string_view finish_reason) override {
    finish_reasons_[sequence] = finish_reason;
    auto text = event("response.output_text.done",
                      fmt::format(R"("item_id":"{}","text":{})", item_id(), json_string(texts_[sequence])));
    text +=
        event("response.content_part.done", fmt::format(R"("item_id":"{}","part":{})", item_id(), part()));
    return text += event("response.output_item.done", fmt::format(R"("item":{})", item()));
  }
  std::string last() override {
    return event(
        "response.completed",
        fmt::format(
            R"("response":{{"id":"{}","object":"response","created_at":{},"status":"completed","model":{},)"
            R"("output":[{}]{}}}{})",
            id_, created_, json_string(model_), item(), response_usage(), timings()));
  }
  std::string whole() override {
    return fmt::format(
        R"({{"completed_at":{},"created_at":{},"id":"{}","model":{},"object":"response","output":[{}],"status":"completed"{}}})",
        created_, created_, id_, json_string(model_), item(), response_usage());
  }

 private:
  static std::string event(std::string_view name, std::string_view members) {
    return fmt::format("event: {0}\ndata: {{\"type\":\"{0}\",{1}}}\n\n", name, members);
  }
  // Sent once, with the first progress or the first token.
  std::string created_events() {
    if (created_sent_) return "";
    created_sent_ = true;
    return event("response.created", fmt::format(R"("response":{})", bare())) +
           event("response.in_progress", fmt::format(R"("response":{})", bare()));
  }
  [[nodiscard]] std::string bare() const {
    return fmt::format(R"({{"id":"{}","object":"response","status":"in_progress"}})", id_);
  }
  [[nodiscard]] std::string item_id() const { return "msg_" + id_; }
  [[nodiscard]] std::string part() const {
    return fmt::format(R"({{"type":"output_text","annotations":[],"logprobs":[],"text":{}}})",
                       json_string(texts_[0]));
  }
  [[nodiscard]] std::string item() const {
    return fmt::format(
        R"({{"type":"message","status":"completed","id":"{}","content":[{}],"role":"assistant"}})", item_id(),
        part());
  }
  [[nodiscard]] std::string response_usage() const {
    return fmt::format(
        R"(,"usage":{{"input_tokens":{},"output_tokens":{},"total_tokens":{},"input_tokens_details":{{"cached_tokens":0}}}})",
        kPromptTokens, tokens_, kPromptTokens + tokens_);
  }

  bool created_sent_ = false;
};

}  // namespace

Answer::Answer(const Ask& ask, std::string model, std::string id, std::int64_t created)
    : ask_(ask),
      model_(std::move(model)),
      id_(std::move(id)),
      created_(created),
      texts_(ask.sequences),
      finish_reasons_(ask.sequences) {}

std::string Answer::usage() const {
  return fmt::format(
      R"(,"usage":{{"completion_tokens":{},"prompt_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":0}}}})",
      tokens_, kPromptTokens, kPromptTokens + tokens_);
}

std::string Answer::timings() const {
  return fmt::format(
      R"(,"timings":{{"cache_n":0,"prompt_n":{},"prompt_ms":1.105,"predicted_n":{},"predicted_ms":0.435}})",
      kPromptTokens, tokens_);
}

std::string Answer::error_event(std::string_view message) {
  return data_event(
      fmt::format(R"({{"error":{{"code":500,"message":{},"type":"server_error"}}}})", json_string(message)));
}

std::string error_body(unsigned status, std::string_view message) {
  const std::string_view type = status == 503   ? "unavailable_error"
                                : status == 404 ? "not_found_error"
                                : status >= 500 ? "server_error"
                                                : "invalid_request_error";
  return fmt::format(R"({{"error":{{"code":{},"message":{},"type":"{}"}}}})", status, json_string(message),
                     type);
}

Result<Ask> parse_ask(Route route, std::string_view body) {
  boost::system::error_code error;
  // Deeper than our own server lets through, so that the fake is never the one to refuse.
  const auto value = boost::json::parse(body, error, {}, boost::json::parse_options{.max_depth = 1024});
  // The real engine, too, echoes what it could not parse.
  if (error || !value.is_object()) {
    return fail(ErrorCode::invalid, fmt::format("parse error near: {}", body.substr(0, 200)));
  }
  const auto& object = value.as_object();
  const std::string_view prompt_key = route == Route::chat          ? "messages"
                                      : route == Route::completions ? "prompt"
                                                                    : "input";
  const auto* prompt = find(object, prompt_key);
  if (prompt == nullptr) return fail(ErrorCode::invalid, fmt::format("'{}' is required", prompt_key));
  if (route == Route::chat && !prompt->is_array()) {
    return fail(ErrorCode::invalid, "Expected 'messages' to be an array");
  }
  Ask ask{.route = route,
          .stream = is_true(object, "stream"),
          .return_progress = is_true(object, "return_progress")};
  if (const auto* options = find(object, "stream_options"); options != nullptr && options->is_object()) {
    ask.include_usage = is_true(options->as_object(), "include_usage");
  }
  ask.max_tokens = number(object, "max_tokens");
  if (!ask.max_tokens) ask.max_tokens = number(object, "max_completion_tokens");
  if (route == Route::responses) ask.max_tokens = number(object, "max_output_tokens");
  if (route != Route::responses) ask.sequences = std::max(1U, number(object, "n").value_or(1));
  if (route == Route::completions && prompt->is_array() && !prompt->as_array().empty() &&
      !prompt->as_array().front().is_number()) {
    ask.sequences *= static_cast<std::uint32_t>(prompt->as_array().size());
  }
  return ask;
}

std::unique_ptr<Answer> make_answer(const Ask& ask, std::string model, std::string id, std::int64_t created) {
  switch (ask.route) {
    case Route::chat:
      return std::make_unique<ChatAnswer>(ask, std::move(model), "chatcmpl-" + id, created);
    case Route::completions:
      return std::make_unique<CompletionAnswer>(ask, std::move(model), "chatcmpl-" + id, created);
    case Route::responses:
      return std::make_unique<ResponseAnswer>(ask, std::move(model), "resp_" + id, created);
  }
  return nullptr;
}

}  // namespace signalbox::fake
