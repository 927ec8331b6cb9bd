#include "http/body_decoder.h"

#include <algorithm>

#include "base/assert.h"
#include "http/ascii.h"

namespace signalbox::http {
namespace {

constexpr std::uint32_t kSizeDigitsMax = 16;  // of a 64-bit number

constexpr std::string_view kBadSize = "a chunk's size is not a hexadecimal number";
constexpr std::string_view kBadLine = "a line of the chunked body is malformed";

std::unexpected<BadMessage> malformed(std::string_view reason) {
  return std::unexpected(BadMessage{.kind = api::ErrorKind::invalid_request, .reason = reason});
}

std::unexpected<BadMessage> too_large() {
  return std::unexpected(BadMessage{.kind = api::ErrorKind::body_too_large,
                                    .reason = "the request's body is larger than this server accepts"});
}

}  // namespace

BodyDecoder::BodyDecoder(const MessageHead& head, std::size_t body_bytes_max)
    : body_bytes_max_(body_bytes_max), state_(State::done), remaining_(head.content_length) {
  if (head.body == MessageHead::Body::length) state_ = State::length;
  if (head.body == MessageHead::Body::chunked) state_ = State::size;
}

std::expected<std::size_t, BadMessage> BodyDecoder::decode(std::string_view input, BodyBuffer& body) {
  SB_ASSERT(!done());
  std::size_t used = 0;
  while (used < input.size() && !done()) {
    if (state_ == State::length || state_ == State::data) {
      if (remaining_ > body_bytes_max_ || body.size() > body_bytes_max_ - remaining_) return too_large();
      used += take_data(input.substr(used), body);
      continue;
    }
    if (const auto reason = take(input[used]); !reason.empty()) return malformed(reason);
    ++used;
    ++framing_bytes_;
    if (++line_bytes_ > kLineBytesMax) return malformed("a chunk's size line or the trailers are too long");
    if (framing_bytes_ > kLineBytesMax + kFramingBytesPerByteMax * body.size()) return too_large();
  }
  // Known as soon as it is announced, not only when it comes.
  if (state_ == State::data && remaining_ > body_bytes_max_ - body.size()) return too_large();
  return used;
}

std::size_t BodyDecoder::take_data(std::string_view input, BodyBuffer& body) {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  body.append(input.substr(0, bytes));
  remaining_ -= bytes;
  if (remaining_ == 0) state_ = state_ == State::length ? State::done : State::data_cr;
  return bytes;
}

std::string_view BodyDecoder::take(char c) {
  switch (state_) {
    case State::size:
      return take_size(c);
    case State::extension:
      if (c == '\r') return expect(c, '\r', State::size_lf);
      return is_control_character(c) && c != '\t' ? kBadLine : std::string_view();
    case State::size_lf:
      return expect(c, '\n', remaining_ > 0 ? State::data : State::trailer_start);
    case State::data_cr:
      return expect(c, '\r', State::data_lf);
    case State::data_lf:
      size_digits_ = 0;
      line_bytes_ = 0;
      return expect(c, '\n', State::size);
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
      return take_trailer(c);
    case State::trailer_lf:
      return expect(c, '\n', State::trailer_start);
    case State::end_lf:
      return expect(c, '\n', State::done);
    case State::length:
    case State::data:
    case State::done:
      break;
  }
  SB_ASSERT(false);
}

std::string_view BodyDecoder::take_size(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (++size_digits_ > kSizeDigitsMax) return kBadSize;
    remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    return {};
  }
  if (size_digits_ == 0) return kBadSize;
  if (c == ';') return expect(c, ';', State::extension);
  return expect(c, '\r', State::size_lf).empty() ? std::string_view() : kBadSize;
}

// Trailers are read over: nothing here depends on one.
std::string_view BodyDecoder::take_trailer(char c) {
  if (state_ == State::trailer_start && c == '\r') return expect(c, '\r', State::end_lf);
  if (state_ == State::trailer_name && c == ':') return expect(c, ':', State::trailer_value);
  if (state_ == State::trailer_value) {
    if (c == '\r') return expect(c, '\r', State::trailer_lf);
    return is_control_character(c) && c != '\t' ? kBadLine : std::string_view();
  }
  state_ = State::trailer_name;
  return is_token_character(c) ? std::string_view() : kBadLine;
}

std::string_view BodyDecoder::expect(char c, char wanted, State next) {
  if (c != wanted) return kBadLine;
  state_ = next;
  return {};
}

}  // namespace signalbox::http
