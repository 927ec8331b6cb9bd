#include "api/history.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "api/invalid_request.h"
#include "api/json_unescape.h"
#include "api/own_words.h"

namespace signalbox::api {

namespace {

using TokenPart = JsonToken::Part;

constexpr std::size_t kMemberDepth = History::kElementDepth + 1;
constexpr std::size_t kPartDepth = History::kElementDepth + 2;
constexpr std::size_t kPartMemberDepth = History::kElementDepth + 3;

std::optional<Span> candidate(const JsonToken& token) {
  if (token.kind != JsonKind::string || !may_begin_with_own_words(token.start)) return std::nullopt;
  return Span{.begin = token.begin, .end = token.end};
}

bool is_string(const JsonToken& token, std::string_view text) {
  return token.kind == JsonKind::string && token.start_is_whole && unescape(token.start) == text;
}

}  // namespace

History::Key History::key_of(std::string_view start) {
  static constexpr std::array<std::pair<std::string_view, Key>, 8> kKeys{{
      {"role", Key::role},
      {"content", Key::content},
      {"reasoning_content", Key::reasoning_content},
      {"tool_calls", Key::tool_calls},
      {"function_call", Key::function_call},
      {"summary", Key::summary},
      {"type", Key::type},
      {"text", Key::text},
  }};
  std::string unescaped;
  if (start.contains('\\')) start = unescaped = unescape(start);
  for (const auto& [name, key] : kKeys) {
    if (start == name) return key;
  }
  return Key::other;
}

std::expected<void, ApiError> History::token(const JsonToken& token) {
  if (token.depth == kElementDepth) {
    if (token.part == TokenPart::close)
      return in_message_ ? close_message() : std::expected<void, ApiError>{};
    in_message_ = token.part == TokenPart::open && token.kind == JsonKind::object;
    message_ = {};
    ends_with_assistant_ = false;
    return {};
  }
  if (!in_message_) return {};
  if (token.depth == kMemberDepth) message_token(token);
  if (token.depth == kPartDepth || token.depth == kPartMemberDepth) part_token(token);
  return {};
}

void History::message_token(const JsonToken& token) {
  if (token.part == TokenPart::key) {
    message_key_ = key_of(token.start);
    return;
  }
  if (token.part == TokenPart::close) {
    if (message_key_ == Key::content) message_.content_value.end = token.end;
    open_list_ = Key::other;
    return;
  }
  // A key that comes twice: the last one counts, for the engine too.
  if (message_key_ == Key::content) {
    message_.content = {};
    message_.content_value = {.begin = token.begin, .end = token.end};
  }
  if (message_key_ == Key::summary) message_.summary = {};
  if (message_key_ == Key::reasoning_content) message_.reasoning = std::nullopt;
  if (message_key_ == Key::function_call && token.kind != JsonKind::null) message_.has_calls = true;
  if (token.part == TokenPart::open && token.kind == JsonKind::array) open_list_ = message_key_;
  if (token.part == TokenPart::scalar) message_scalar(token);
}

void History::message_scalar(const JsonToken& token) {
  switch (message_key_) {
    case Key::role:
      message_.role = is_string(token, "assistant")                              ? Role::assistant
                      : is_string(token, "tool") || is_string(token, "function") ? Role::tool
                                                                                 : Role::other;
      break;
    case Key::type:
      message_.is_reasoning = is_string(token, "reasoning");
      if (is_string(token, "function_call_output")) has_tool_message_ = true;
      break;
    case Key::content:
      message_.content.candidate = candidate(token);
      break;
    case Key::reasoning_content:
      message_.reasoning = candidate(token);
      break;
    default:
      break;
  }
}

History::Text* History::open_text() {
  if (open_list_ == Key::content) return &message_.content;
  if (open_list_ == Key::summary) return &message_.summary;
  return nullptr;
}

void History::part_token(const JsonToken& token) {
  if (token.depth == kPartDepth) {
    if (token.part == TokenPart::close) {
      if (in_part_) close_part();
      return;
    }
    if (open_list_ == Key::tool_calls) message_.has_calls = true;
    in_part_ = open_text() != nullptr && token.part == TokenPart::open && token.kind == JsonKind::object;
    part_ = {};
    if (auto* text = open_text()) ++text->parts;
    return;
  }
  if (!in_part_) return;
  if (token.part == TokenPart::key) {
    part_key_ = key_of(token.start);
  } else if (token.part != TokenPart::close && part_key_ == Key::text) {
    part_.has_text = token.kind == JsonKind::string;
    part_.candidate = candidate(token);
  } else if (token.part != TokenPart::close && part_key_ == Key::type) {
    part_.is_text = is_string(token, "text") || is_string(token, "output_text") ||
                    is_string(token, "summary_text") || is_string(token, "reasoning_text");
  }
}

void History::close_part() {
  in_part_ = false;
  auto* text = open_text();
  if (text == nullptr || text->first_text_seen || !part_.is_text || !part_.has_text) return;
  text->first_text_seen = true;
  text->candidate = part_.candidate;
}

std::expected<void, ApiError> History::close_message() {
  in_message_ = false;
  ends_with_assistant_ = message_.role == Role::assistant;
  if (message_.role == Role::tool) has_tool_message_ = true;
  if (message_.role != Role::assistant && !message_.is_reasoning) return {};
  std::optional<Span> null_if_empty;
  if (message_.has_calls && message_.content.parts <= 1) null_if_empty = message_.content_value;
  remember(message_.content.candidate, null_if_empty);
  remember(message_.reasoning, std::nullopt);
  remember(message_.summary.candidate, std::nullopt);
  if (texts_.size() <= kTextsMax) return {};
  return std::unexpected(invalid_request(fmt::format(
      "More than {} assistant messages begin with status words; that many are not read.", kTextsMax)));
}

void History::remember(const std::optional<Span>& text, std::optional<Span> null_if_empty) {
  if (text) texts_.push_back({.value = *text, .null_if_empty = null_if_empty});
}

}  // namespace signalbox::api
