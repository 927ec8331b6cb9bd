#include "api/json_scan.h"

#include <utility>

#include <fmt/format.h>

#include "api/invalid_request.h"

namespace signalbox::api {

namespace {

constexpr bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}
constexpr bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
std::string describe(char byte) {
  if (byte > 0x20 && byte < 0x7F) return fmt::format("'{}'", byte);
  return fmt::format("byte 0x{:02x}", static_cast<unsigned char>(byte));
}

}  // namespace

std::expected<void, ApiError> JsonScan::feed(std::string_view piece) {
  if (error_) return std::unexpected(*error_);
  base_ += at_;
  piece_ = piece;
  at_ = 0;
  while (at_ < piece_.size()) {
    if (!step()) return std::unexpected(*error_);
  }
  if (inside_token()) keep_start();
  return {};
}

std::expected<void, ApiError> JsonScan::finish() {
  if (!error_ && state_ != State::end) {
    const std::string_view wanted =
        state_ == State::string && !utf8_.between_characters() ? "the rest of a character" : expected_here();
    error_ = invalid_request(
        bytes() == 0 ? fmt::format("The body is empty; expected {}.", wanted)
                     : fmt::format("The body ends after {} bytes; expected {}.", bytes(), wanted));
  }
  if (error_) return std::unexpected(*error_);
  return {};
}

bool JsonScan::step() {
  switch (state_) {
    case State::string:
      return string_run();
    case State::escape:
      return escape(piece_[at_]);
    case State::hex:
      return hex_digit(piece_[at_]);
    case State::low_backslash:
    case State::low_u:
      return low_surrogate(piece_[at_]);
    case State::minus:
    case State::zero:
    case State::integer:
    case State::point:
    case State::fraction:
    case State::exponent:
    case State::exponent_sign:
    case State::exponent_digits:
      return number();
    case State::literal:
      return literal(piece_[at_]);
    default:
      return structure();
  }
}

bool JsonScan::structure() {
  while (at_ < piece_.size() && is_space(piece_[at_])) ++at_;
  if (at_ == piece_.size()) return true;
  const char byte = piece_[at_];
  switch (state_) {
    case State::begin:
      return byte == '{' ? open(JsonKind::object) : fail_here();
    case State::first_key:
      if (byte == '}') return close(JsonKind::object);
      [[fallthrough]];
    case State::key:
      if (byte != '"') return fail_here();
      begin_string(JsonToken::Part::key);
      return true;
    case State::colon:
      if (byte != ':') return fail_here();
      state_ = State::value;
      ++at_;
      return true;
    case State::first_element:
      if (byte == ']') return close(JsonKind::array);
      [[fallthrough]];
    case State::value:
      return begin_value(byte);
    case State::after_value:
      return after_value(byte);
    default:
      return fail_here();
  }
}

bool JsonScan::begin_value(char byte) {
  switch (byte) {
    case '{':
      return open(JsonKind::object);
    case '[':
      return open(JsonKind::array);
    case '"':
      begin_string(JsonToken::Part::scalar);
      return true;
    case 't':
    case 'f':
      begin_token(JsonKind::boolean, State::literal);
      literal_left_ = byte == 't' ? "rue" : "alse";
      return true;
    case 'n':
      begin_token(JsonKind::null, State::literal);
      literal_left_ = "ull";
      return true;
    default:
      if (byte != '-' && !is_digit(byte)) return fail_here();
      begin_token(JsonKind::number, byte == '-' ? State::minus : byte == '0' ? State::zero : State::integer);
      return true;
  }
}

bool JsonScan::after_value(char byte) {
  const bool in_object = objects_[depth_ - 1];
  if (byte == ',') {
    state_ = in_object ? State::key : State::value;
    ++at_;
    return true;
  }
  if (byte == '}' && in_object) return close(JsonKind::object);
  if (byte == ']' && !in_object) return close(JsonKind::array);
  return fail_here();
}

bool JsonScan::open(JsonKind kind) {
  if (depth_ == kDepthMax) {
    return fail_with(fmt::format("At byte {} of the body: nested deeper than the {} levels that are allowed.",
                                 bytes(), kDepthMax));
  }
  const std::size_t offset = bytes();
  const std::size_t around = depth_;
  objects_[depth_] = kind == JsonKind::object;
  ++depth_;
  state_ = kind == JsonKind::object ? State::first_key : State::first_element;
  ++at_;
  return emit({.part = JsonToken::Part::open,
               .kind = kind,
               .depth = around,
               .begin = offset,
               .end = offset + 1,
               .start = {}});
}

bool JsonScan::close(JsonKind kind) {
  const std::size_t offset = bytes();
  --depth_;
  value_ended();
  ++at_;
  return emit({.part = JsonToken::Part::close,
               .kind = kind,
               .depth = depth_,
               .begin = offset,
               .end = offset + 1,
               .start = {}});
}

bool JsonScan::emit(const JsonToken& token) {
  if (auto result = reader_.token(token); !result) {
    error_ = std::move(result.error());
    return false;
  }
  return true;
}

std::string_view JsonScan::expected_here() const {
  switch (state_) {
    case State::begin:
      return "a JSON object, which begins with '{'";
    case State::first_key:
      return "a key in double quotes or '}'";
    case State::key:
      return "a key in double quotes";
    case State::colon:
      return "':'";
    case State::value:
      return "a value";
    case State::first_element:
      return "a value or ']'";
    case State::after_value:
      return objects_[depth_ - 1] ? "',' or '}'" : "',' or ']'";
    case State::end:
      return "nothing but white space after the object";
    case State::string:
      return "the end of a string";
    case State::escape:
      return "one of \"\\/bfnrtu after a backslash";
    case State::hex:
      return "four hexadecimal digits";
    case State::low_backslash:
    case State::low_u:
      return "the second half of a surrogate pair";
    case State::literal:
      return "true, false or null";
    case State::exponent:
      return "a sign or a digit";
    default:
      return "a digit";
  }
}

bool JsonScan::fail_here() {
  return fail_found(fmt::format(", expected {}", expected_here()));
}

bool JsonScan::fail_found(std::string_view remark) {
  return fail_with(
      fmt::format("At byte {} of the body: found {}{}.", bytes(), describe(piece_[at_]), remark));
}

bool JsonScan::fail_with(std::string message) {
  error_ = invalid_request(std::move(message));
  return false;
}

}  // namespace signalbox::api
