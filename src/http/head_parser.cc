#include "http/head_parser.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "http/ascii.h"

namespace signalbox::http {

namespace beast = boost::beast;
using beast::http::error;

namespace {

std::string_view to_view(beast::string_view text) {
  return {text.data(), text.size()};
}

BadMessage bad(std::string_view reason) {
  return {.kind = api::ErrorKind::invalid_request, .reason = reason};
}

BadMessage describe(const beast::error_code& code) {
  if (code == error::buffer_overflow) {
    return {.kind = api::ErrorKind::header_too_large,
            .reason = "the request has more headers than this server accepts"};
  }
  if (code == error::bad_method) return bad("the method is not a token");
  if (code == error::bad_target) return bad("the request target holds a character that may not stand there");
  if (code == error::bad_version) return bad("the HTTP version is not 1.0 or 1.1");
  if (code == error::bad_field) return bad("a header's name is not a token");
  if (code == error::bad_value) return bad("a header's value holds a character that may not stand there");
  if (code == error::bad_content_length) return bad("Content-Length is not one decimal number");
  if (code == error::multiple_content_length) return bad("two Content-Length values contradict each other");
  if (code == error::bad_transfer_encoding)
    return bad("Content-Length and Transfer-Encoding stand side by side");
  return bad("the request is not proper HTTP/1.1");
}

// Only the head is Beast's: its reader of chunks asserts on input that a slow client can send.
class HeadReader : public beast::http::basic_parser<true> {
 public:
  explicit HeadReader(MessageHead& head) : head_(head) {
    skip(true);
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the scanner holds the limit
    body_limit(boost::none);                                  // and whoever asks for the body this one
  }

 private:
  void on_request_impl(beast::http::verb /*verb*/, beast::string_view method, beast::string_view target,
                       int version, beast::error_code& /*ec*/) override {
    head_.method = to_view(method);
    head_.target = to_view(target);
    head_.http_1_0 = version == 10;
  }
  void on_field_impl(beast::http::field /*field*/, beast::string_view name, beast::string_view value,
                     beast::error_code& ec) override {
    if (head_.fields.size() >= kFieldsMax) {
      ec = error::buffer_overflow;
    } else {
      head_.fields.push_back({.name = to_view(name), .value = to_view(value)});
    }
  }
  void on_header_impl(beast::error_code& /*ec*/) override { head_.keep_alive = keep_alive(); }

  // Of responses and bodies; none comes here.
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
  void on_finish_impl(beast::error_code& /*ec*/) override {}

  MessageHead& head_;
};

// What Beast lets pass although a proxy in front of us may read it differently.
std::optional<BadMessage> settle_framing(MessageHead& head) {
  const auto encoding = head.field("Transfer-Encoding");
  const auto length = head.field("Content-Length");
  if (encoding && length) return bad("Content-Length and Transfer-Encoding stand side by side");
  if (head.count("Content-Length") > 1) return bad("Content-Length is given twice");
  if (length) {
    const auto [end, failure] =
        std::from_chars(length->data(), length->data() + length->size(), head.content_length);
    if (failure != std::errc{} || end != length->data() + length->size()) {
      return bad("Content-Length is not one decimal number");
    }
    if (head.content_length > 0) head.body = MessageHead::Body::length;
  }
  if (encoding) {
    if (head.http_1_0) return bad("Transfer-Encoding in an HTTP/1.0 request");
    if (head.count("Transfer-Encoding") > 1 || !equal_ignoring_case(*encoding, "chunked")) {
      return bad("a Transfer-Encoding other than chunked");
    }
    head.body = MessageHead::Body::chunked;
  }
  if (head.count("Host") > 1) return bad("Host is given twice");
  if (!head.http_1_0 && head.count("Host") == 0) return bad("an HTTP/1.1 request without Host");
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> MessageHead::field(std::string_view name) const {
  const auto found =
      std::ranges::find_if(fields, [&](const Field& f) { return equal_ignoring_case(f.name, name); });
  if (found == fields.end()) return std::nullopt;
  return found->value;
}

std::size_t MessageHead::count(std::string_view name) const {
  const auto same =
      std::ranges::count_if(fields, [&](const Field& f) { return equal_ignoring_case(f.name, name); });
  return static_cast<std::size_t>(same);
}

std::expected<std::shared_ptr<const MessageHead>, BadMessage> parse_head(std::string raw) {
  auto head = std::make_shared<MessageHead>(std::move(raw));
  HeadReader reader(*head);
  beast::error_code code;
  const std::size_t used = reader.put(boost::asio::buffer(head->raw), code);
  if (!code && (!reader.is_header_done() || used != head->raw.size())) code = error::partial_message;
  if (code) return std::unexpected(describe(code));
  if (const auto fault = settle_framing(*head)) return std::unexpected(*fault);
  return head;
}

}  // namespace signalbox::http
