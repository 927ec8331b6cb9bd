#include "api/json_cursor.h"

namespace signalbox::api {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kSpace = " \t\r\n";

// Each returns the offset after what starts at `at`, or kNone.

std::size_t skip_string(std::string_view text, std::size_t at) {
  std::size_t quote = at;
  for (;;) {
    quote = text.find('"', quote + 1);
    if (quote == kNone) return kNone;
    std::size_t backslashes = 0;
    while (text[quote - 1 - backslashes] == '\\') ++backslashes;  // ends at the opening quote at the latest
    if (backslashes % 2 == 0) return quote + 1;
  }
}

std::size_t skip_nested(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = skip_string(text, at);
        if (at == kNone) return kNone;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      default:
        break;
    }
    ++at;
  }
  return kNone;
}

bool starts_scalar(char character) {
  return (character >= '0' && character <= '9') || character == '-' || character == 't' || character == 'f' ||
         character == 'n';
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return kNone;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] == '{' || text[at] == '[') return skip_nested(text, at);
  if (!starts_scalar(text[at])) return kNone;
  return text.find_first_of(",}] \t\r\n", at);
}

}  // namespace

JsonCursor::JsonCursor(Of kind, std::string_view text) : text_(text), kind_(kind) {
  skip_space();
  over_ = !take(kind == Of::object ? '{' : '[');
}

void JsonCursor::skip_space() {
  while (at_ < text_.size() && kSpace.contains(text_[at_])) ++at_;
}

bool JsonCursor::take(char expected) {
  if (at_ >= text_.size() || text_[at_] != expected) return false;
  ++at_;
  return true;
}

bool JsonCursor::read_key(JsonMember& member) {
  if (at_ >= text_.size() || text_[at_] != '"') return false;
  const std::size_t end = skip_string(text_, at_);
  if (end == kNone) return false;
  member.key = text_.substr(at_ + 1, end - at_ - 2);
  at_ = end;
  skip_space();
  if (!take(':')) return false;
  skip_space();
  return true;
}

bool JsonCursor::next(JsonMember& member) {
  if (over_) return false;
  skip_space();
  if (take(kind_ == Of::object ? '}' : ']')) {
    over_ = true;
    skip_space();
    complete_ = at_ == text_.size();
    return false;
  }
  over_ = true;  // unless the member is whole
  if (!first_ && !take(',')) return false;
  skip_space();
  first_ = false;
  member = JsonMember{};
  member.begin = at_;
  if (kind_ == Of::object && !read_key(member)) return false;
  const std::size_t end = skip_value(text_, at_);
  if (end == kNone) return false;
  member.value = text_.substr(at_, end - at_);
  member.end = end;
  at_ = end;
  over_ = false;
  return true;
}

std::string_view json_member(std::string_view object, std::string_view key) {
  JsonCursor cursor(JsonCursor::Of::object, object);
  JsonMember member;
  while (cursor.next(member)) {
    if (member.key == key) return member.value;
  }
  return {};
}

}  // namespace signalbox::api
