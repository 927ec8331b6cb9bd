#include "api/json_unescape.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace signalbox::api {

std::optional<char> UnescapedBytes::next() {
  if (rest_size_ > 0) return rest_[--rest_size_];
  if (at_ >= raw_.size()) return std::nullopt;
  if (raw_[at_] == '\\') return escape();
  return raw_[at_++];
}

std::optional<char> UnescapedBytes::escape() {
  const std::size_t begin = at_;
  if (raw_.size() - at_ < 2) return std::nullopt;
  const char kind = raw_[at_ + 1];
  at_ += 2;
  switch (kind) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'u':
      break;
    default:
      return kind;
  }
  if (const auto escaped = character()) return encode(*escaped);
  at_ = begin;
  return std::nullopt;
}

// What follows \u, both halves of a surrogate pair together.
std::optional<std::uint32_t> UnescapedBytes::character() {
  const auto first = four_digits();
  if (!first || *first < 0xD800 || *first > 0xDFFF) return first;
  if (!raw_.substr(at_).starts_with("\\u")) return std::nullopt;
  at_ += 2;
  const auto second = four_digits();
  if (*first > 0xDBFF || !second || *second < 0xDC00 || *second > 0xDFFF) return std::nullopt;
  return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

std::optional<std::uint32_t> UnescapedBytes::four_digits() {
  const std::string_view digits = raw_.substr(at_, 4);
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), value, 16);
  if (error != std::errc() || digits.size() < 4 || stop != digits.end()) return std::nullopt;
  at_ += 4;
  return value;
}

// The first byte of the character's UTF-8; the others are kept for the next calls.
char UnescapedBytes::encode(std::uint32_t character) {
  if (character < 0x80) return static_cast<char>(character);
  const std::uint32_t lead = character < 0x800 ? 0xC0U : character < 0x10000 ? 0xE0U : 0xF0U;
  const std::size_t more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  while (rest_size_ < more) {
    rest_[rest_size_++] = static_cast<char>(0x80U | (character & 0x3FU));
    character >>= 6;
  }
  return static_cast<char>(lead | character);
}

bool UnescapedBytes::take(std::string_view text) {
  // Mostly it stands there as it is.
  if (rest_size_ == 0 && !text.contains('\\') && raw_.substr(at_).starts_with(text)) {
    at_ += text.size();
    return true;
  }
  UnescapedBytes ahead = *this;
  for (const char wanted : text) {
    if (ahead.next() != wanted) return false;
  }
  *this = ahead;
  return true;
}

std::string unescape(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  UnescapedBytes bytes(raw);
  while (const auto byte = bytes.next()) text.push_back(*byte);
  return text;
}

std::optional<std::int64_t> whole_number(std::string_view number) {
  constexpr double kExactMax = 9007199254740992.0;  // 2^53: above it a double leaves out whole numbers
  double value = 0;
  const auto [stop, error] = std::from_chars(number.begin(), number.end(), value);
  if (error != std::errc() || stop != number.end()) return std::nullopt;
  if (std::abs(value) > kExactMax || std::trunc(value) != value) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace signalbox::api
