// The scalars of the JSON scan, where the bytes of a large body are: strings, numbers, true, false and null.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "api/json_scan.h"

namespace signalbox::api {

namespace {

constexpr bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
constexpr bool is_ascii(char byte) {
  return static_cast<unsigned char>(byte) < 0x80;
}
constexpr bool is_plain(char byte) {
  return is_ascii(byte) && byte >= 0x20 && byte != '"' && byte != '\\';
}

constexpr std::uint64_t repeated(unsigned char byte) {
  return 0x0101010101010101U * byte;
}

// The high bit of the lowest byte that is not plain; bits above it may be wrong (borrows travel upwards).
constexpr std::uint64_t not_plain(std::uint64_t word) {
  const std::uint64_t quote = word ^ repeated('"');
  const std::uint64_t backslash = word ^ repeated('\\');
  const std::uint64_t control = (word - repeated(0x20)) & ~word;
  const std::uint64_t equal = ((quote - repeated(1)) & ~quote) | ((backslash - repeated(1)) & ~backslash);
  return (control | equal | word) & repeated(0x80);
}

// How many bytes from `from` on are ASCII without meaning inside a string. Eight at a time: nearly all of a
// large body lies in strings.
std::size_t plain_run(std::string_view text, std::size_t from) {
  std::size_t at = from;
  if constexpr (std::endian::native == std::endian::little) {
    while (text.size() - at >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t found = not_plain(word);
      if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8 - from;
      at += sizeof word;
    }
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at - from;
}

}  // namespace

void JsonScan::begin_token(JsonKind kind, State state) {
  token_begin_ = bytes();
  token_part_ = JsonToken::Part::scalar;
  token_kind_ = kind;
  token_start_.clear();
  state_ = state;
  ++at_;
}

void JsonScan::begin_string(JsonToken::Part part) {
  begin_token(JsonKind::string, State::string);
  token_part_ = part;
}

bool JsonScan::string_run() {
  Utf8Check utf8 = utf8_;  // a local copy stays in a register
  std::size_t at = at_;
  for (; at < piece_.size(); ++at) {
    if (utf8.between_characters() && is_ascii(piece_[at])) {
      at += plain_run(piece_, at);
      if (at == piece_.size() || is_ascii(piece_[at])) break;
    }
    if (!utf8.take(static_cast<unsigned char>(piece_[at]))) {
      at_ = at;
      return fail_found(", which is not valid UTF-8 here");
    }
  }
  utf8_ = utf8;
  at_ = at;
  return at_ == piece_.size() || string_end(piece_[at_]);
}

bool JsonScan::string_end(char byte) {
  if (byte != '"' && byte != '\\') {
    return fail_found(", a control character, which must be escaped in a string");
  }
  ++at_;
  if (byte == '"') return end_token(bytes());
  state_ = State::escape;
  return true;
}

bool JsonScan::escape(char byte) {
  if (byte == 'u') {
    hex_left_ = 4;
    hex_value_ = 0;
    state_ = State::hex;
  } else if (std::string_view("\"\\/bfnrt").contains(byte)) {
    state_ = State::string;
  } else {
    return fail_here();
  }
  ++at_;
  return true;
}

bool JsonScan::hex_digit(char byte) {
  if (is_digit(byte)) {
    hex_value_ = hex_value_ * 16 + static_cast<unsigned>(byte - '0');
  } else if ((byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F')) {
    hex_value_ = hex_value_ * 16 + static_cast<unsigned>((byte | 0x20) - 'a') + 10;
  } else {
    return fail_here();
  }
  if (--hex_left_ == 0) {
    const bool high = hex_value_ >= 0xD800 && hex_value_ <= 0xDBFF;
    const bool low = hex_value_ >= 0xDC00 && hex_value_ <= 0xDFFF;
    if (low != (surrogate_ == Surrogate::high_seen)) {
      return fail_with(
          fmt::format("At byte {} of the body: \\u{:04x} is half of a surrogate pair, which is no character.",
                      bytes(), hex_value_));
    }
    surrogate_ = high ? Surrogate::high_seen : Surrogate::none;
    state_ = high ? State::low_backslash : State::string;
  }
  ++at_;
  return true;
}

bool JsonScan::low_surrogate(char byte) {
  if (state_ == State::low_backslash) {
    if (byte != '\\') return fail_here();
    state_ = State::low_u;
  } else {
    if (byte != 'u') return fail_here();
    hex_left_ = 4;
    hex_value_ = 0;
    state_ = State::hex;
  }
  ++at_;
  return true;
}

// The state after `byte`. False: the number, if it is one, ended before it.
bool JsonScan::number_byte(char byte, State& next) const {
  const bool digit = is_digit(byte);
  const bool exponent = byte == 'e' || byte == 'E';
  switch (state_) {
    case State::minus:
      next = byte == '0' ? State::zero : State::integer;
      return digit;
    case State::zero:
    case State::integer:
      next = digit ? State::integer : exponent ? State::exponent : State::point;
      return (digit && state_ == State::integer) || exponent || byte == '.';
    case State::point:
      next = State::fraction;
      return digit;
    case State::fraction:
      next = digit ? State::fraction : State::exponent;
      return digit || exponent;
    case State::exponent:
      next = digit ? State::exponent_digits : State::exponent_sign;
      return digit || byte == '+' || byte == '-';
    default:
      next = State::exponent_digits;
      return digit;
  }
}

bool JsonScan::number() {
  while (at_ < piece_.size()) {
    State next = state_;
    if (!number_byte(piece_[at_], next)) {
      const bool complete = state_ == State::zero || state_ == State::integer || state_ == State::fraction ||
                            state_ == State::exponent_digits;
      return complete ? end_token(bytes()) : fail_here();
    }
    state_ = next;
    ++at_;
  }
  return true;
}

bool JsonScan::literal(char byte) {
  if (byte != literal_left_.front()) return fail_here();
  literal_left_.remove_prefix(1);
  ++at_;
  return literal_left_.empty() ? end_token(bytes()) : true;
}

// Remembers the start of a token that goes on in the next piece.
void JsonScan::keep_start() {
  const std::size_t from = token_begin_ > base_ ? token_begin_ - base_ : 0;
  const std::string_view here = piece_.substr(from, at_ - from);
  token_start_.append(here.substr(0, kStartBytesMax - std::min(kStartBytesMax, token_start_.size())));
}

bool JsonScan::end_token(std::size_t end) {
  std::string_view start;
  if (token_begin_ >= base_) {
    start = piece_.substr(token_begin_ - base_, std::min(end - token_begin_, kStartBytesMax));
  } else {
    keep_start();
    start = token_start_;
  }
  const bool whole = end - token_begin_ <= kStartBytesMax;
  if (token_kind_ == JsonKind::string) {
    start.remove_prefix(1);
    if (whole) start.remove_suffix(1);
  }
  if (token_part_ == JsonToken::Part::key) {
    state_ = State::colon;
  } else {
    value_ended();
  }
  return emit({.part = token_part_,
               .kind = token_kind_,
               .depth = depth_,
               .begin = token_begin_,
               .end = end,
               .start = start,
               .start_is_whole = whole});
}

}  // namespace signalbox::api
