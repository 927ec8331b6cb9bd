#include "cli/bench_wire.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/answers.h"
#include "cli/json_read.h"

namespace signalbox::cli {
namespace {

namespace json = boost::json;
using measure::Ending;

constexpr unsigned kHttpTooMany = 429;
constexpr unsigned kHttpUnavailable = 503;
constexpr int kSeed = 1;
constexpr std::string_view kTerminator = "[DONE]";
// What an answer's text may come to in memory; what is longer is measured and not kept.
constexpr std::size_t kTextBytesMax = std::size_t{1} * 1024 * 1024;

// As it came, not made printable: the answer goes back to the model with the next turn.
std::string_view raw_text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<std::uint64_t> count(const json::object& object, std::string_view name) {
  constexpr double kMost = 1e12;
  const auto value = number(object, name);
  if (!value || !(*value >= 0) || *value > kMost) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

// {"error":{"message":M}}, or {"error":M} as Ollama and llama-swap have it.
std::optional<std::string> message_of(const json::object& object) {
  if (const auto message = text(part(object, "error"), "message")) return message;
  return text(object, "error");
}

// Of the first choice.
const json::object& delta_of(const json::object& chunk) {
  static const json::object none;
  const auto& choices = list(chunk, "choices");
  if (choices.empty() || !choices[0].is_object()) return none;
  return part(choices[0].get_object(), "delta");
}

}  // namespace

HttpRequest chat_request(const BaseUrl& url, const measure::Ask& ask, Duration timeout) {
  json::array messages;
  for (const auto& message : ask.messages) {
    messages.push_back(json::object{{"role", message.role}, {"content", message.content}});
  }
  const json::object body{{"model", ask.model},
                          {"messages", std::move(messages)},
                          {"max_tokens", ask.tokens_max},
                          {"temperature", 0},
                          {"seed", kSeed},
                          {"stream", true},
                          {"stream_options", json::object{{"include_usage", true}}}};
  HttpRequest request;
  request.method = HttpRequest::Method::post;
  request.target = url.path + "/chat/completions";
  request.json_body = json::serialize(body);
  request.timeout = timeout;
  request.limit = HttpRequest::Limit::whole;
  // A Signalbox then puts no words of its own into the content, whatever its metadata is called.
  request.headers = {{"Host", url.host}, {"X-Status-Text", "none"}};
  return request;
}

std::string refusal_of(const HttpAnswer& answer) {
  const auto body = object_of(answer.body);
  const auto message = body ? message_of(*body) : std::nullopt;
  return message ? fmt::format("{}: {}", answer.status, *message)
                 : fmt::format("the server answered {}", answer.status);
}

void AnswerReader::take(std::string_view bytes, TimePoint now) {
  if (is_broken_) return;
  if (const auto fed = reader_.feed(bytes); !fed) {
    is_broken_ = true;
    sample_.trouble = fed.error().message;
    return;
  }
  api::SseEvent event;
  while (reader_.next(event)) take_event(event.data, now);
}

void AnswerReader::take_event(std::string_view data, TimePoint now) {
  if (data == kTerminator) {
    is_done_ = true;
    return;
  }
  const auto chunk = object_of(data);
  if (!chunk || chunk->contains("candle_metadata")) return;
  if (const auto message = message_of(*chunk)) {
    is_broken_ = true;
    sample_.trouble = *message;
    return;
  }
  const auto& delta = delta_of(*chunk);
  std::string_view token = raw_text(delta, "content");
  if (token.empty()) token = raw_text(delta, "reasoning_content");
  if (token.empty()) token = raw_text(delta, "reasoning");
  const bool is_token = !token.empty() || !list(delta, "tool_calls").empty();
  if (is_token && !sample_.first_token) sample_.first_token = now - sent_;
  if (sample_.text.size() + token.size() <= kTextBytesMax) sample_.text += token;
  if (const auto prompt = count(part(*chunk, "usage"), "prompt_tokens")) sample_.prompt_tokens = prompt;
  const auto& timings = part(*chunk, "timings");
  if (const auto cached = count(timings, "cache_n")) sample_.cached = cached;
  if (const auto computed = count(timings, "prompt_n")) sample_.computed = computed;
}

Ending AnswerReader::ending_of(const Result<HttpAnswer>& answer) {
  if (!answer) {
    if (is_done_ && !is_broken_) return sample_.first_token ? Ending::whole : Ending::empty;
    if (sample_.trouble.empty()) sample_.trouble = answer.error().message;
    return answer.error().code == ErrorCode::timeout ? Ending::late : Ending::failed;
  }
  if (answer->status != kHttpOk) {
    sample_.trouble = refusal_of(*answer);
    const bool is_full = answer->status == kHttpTooMany || answer->status == kHttpUnavailable;
    return is_full ? Ending::rejected : Ending::failed;
  }
  if (is_broken_) return Ending::failed;
  if (!is_done_) {
    sample_.trouble = "the stream ended without an error and without its terminator";
    return Ending::silent;
  }
  if (!sample_.first_token) sample_.trouble = "the answer is complete and has no token";
  return sample_.first_token ? Ending::whole : Ending::empty;
}

measure::Sample AnswerReader::finished(const Result<HttpAnswer>& answer, TimePoint now) && {
  sample_.total = now - sent_;
  sample_.ending = ending_of(answer);
  return std::move(sample_);
}

}  // namespace signalbox::cli
