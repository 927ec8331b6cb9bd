#include "http/engine_error.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace signalbox::http {

namespace json = boost::json;

namespace {

constexpr std::size_t kMessageBytesMax = 1000;

// Cut at a character's boundary, so that what was valid UTF-8 stays so.
std::string_view shorten(std::string_view text) {
  if (text.size() <= kMessageBytesMax) return text;
  std::size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string message_of(std::string_view body) {
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error || !parsed.is_object()) return {};
  const json::value* inner = parsed.as_object().if_contains("error");
  if (inner == nullptr || !inner->is_object()) return {};
  const json::value* message = inner->as_object().if_contains("message");
  if (message == nullptr || !message->is_string()) return {};
  const json::string& text = message->as_string();
  return std::string(shorten(std::string_view(text.data(), text.size())));
}

}  // namespace

api::ApiError engine_error(unsigned status, std::string_view body, const std::string& model) {
  api::ApiError error;
  const bool refused = status >= 400 && status < 500;
  error.kind = refused ? api::ErrorKind::invalid_request : api::ErrorKind::engine_error;
  const std::string message = message_of(body);
  error.message = fmt::format("The engine of model '{}' answered with status {}{}{}", model, status,
                              message.empty() ? "." : ": ", message);
  return error;
}

}  // namespace signalbox::http
