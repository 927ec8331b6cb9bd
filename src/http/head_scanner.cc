#include "http/head_scanner.h"

#include "http/ascii.h"

namespace signalbox::http {
namespace {

constexpr char kTlsHandshake = 0x16;
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0";

std::string_view check_request_line(std::string_view line) {
  if (line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0")) return {};
  if (line == kHttp2Preface) return "this server speaks HTTP/1.1, not HTTP/2";
  return "the request line does not end in HTTP/1.1 or HTTP/1.0";
}

}  // namespace

std::expected<std::optional<HeadScanner::Extent>, BadMessage> HeadScanner::scan(std::string_view input) {
  const auto bad = [](std::string_view reason) {
    return std::unexpected(BadMessage{.kind = api::ErrorKind::invalid_request, .reason = reason});
  };
  for (; at_ < input.size() && at_ < bytes_max_; ++at_) {
    if (const auto reason = check(input); !reason.empty()) return bad(reason);
    if (input[at_] == '\n') {
      if (const auto reason = end_line(input); !reason.empty()) return bad(reason);
      if (complete_) return Extent{.begin = begin_, .end = at_ + 1};
    } else if (input[at_] != '\r') {
      if (line_ == Line::blank_before_request) {
        begin_ = at_;
        line_ = Line::request;
      }
      if (line_ == Line::field_start) line_ = Line::field;
    }
  }
  if (at_ >= bytes_max_) {
    return std::unexpected(BadMessage{.kind = api::ErrorKind::header_too_large,
                                      .reason = "the request's head is larger than this server accepts"});
  }
  return std::nullopt;
}

std::string_view HeadScanner::check(std::string_view input) const {
  const char c = input[at_];
  const bool after_cr = at_ > 0 && input[at_ - 1] == '\r';
  if (c == '\n') return after_cr ? std::string_view() : "a line ends in a line feed alone";
  if (after_cr) return "a carriage return stands inside a line";
  if (c == '\0') return "the request's head holds a NUL byte";
  if (c == '\r') return {};
  if (line_ == Line::blank_before_request) {
    if (c == kTlsHandshake) return "this looks like TLS; this server speaks plain HTTP";
    if (!is_token_character(c)) return "the request does not start with a method";
  }
  if (line_ == Line::field_start && (c == ' ' || c == '\t')) return "a header is folded over two lines";
  return {};
}

std::string_view HeadScanner::end_line(std::string_view input) {
  switch (line_) {
    case Line::blank_before_request:
      return {};
    case Line::request:
      line_ = Line::field_start;
      return check_request_line(input.substr(begin_, at_ - 1 - begin_));
    case Line::field_start:
      complete_ = true;
      return {};
    case Line::field:
      line_ = Line::field_start;
      return {};
  }
  return {};
}

}  // namespace signalbox::http
