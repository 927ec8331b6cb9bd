#include "http/status_headers.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace signalbox::http {

namespace {

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

constexpr std::array kStatusTexts = {
    Choice<api::StatusText>{.name = "auto", .value = api::StatusText::automatic},
    Choice<api::StatusText>{.name = "content", .value = api::StatusText::content},
    Choice<api::StatusText>{.name = "reasoning", .value = api::StatusText::reasoning},
    Choice<api::StatusText>{.name = "none", .value = api::StatusText::none},
};
constexpr std::array kStatusChunks = {
    Choice<api::StatusChunks>{.name = "data", .value = api::StatusChunks::data},
    Choice<api::StatusChunks>{.name = "comment", .value = api::StatusChunks::comment},
    Choice<api::StatusChunks>{.name = "off", .value = api::StatusChunks::off},
};

constexpr std::size_t kQuotedBytesMax = 40;

template <class Choices, class Value>
std::optional<api::ApiError> choose(const RequestHead& head, std::string_view name, const Choices& choices,
                                    Value& value) {
  const auto wanted = head.header(name);
  if (!wanted) return std::nullopt;
  std::string allowed;
  for (const auto& choice : choices) {
    if (choice.name == *wanted) {
      value = choice.value;
      return std::nullopt;
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += choice.name;
  }
  api::ApiError error;
  error.message =
      fmt::format("Header {} is '{}'; allowed are {}.", name, wanted->substr(0, kQuotedBytesMax), allowed);
  error.param = std::string(name);
  return error;
}

}  // namespace

std::expected<void, api::ApiError> apply_status_headers(const RequestHead& head,
                                                        api::AnswerOptions& options) {
  auto error = choose(head, "X-Status-Text", kStatusTexts, options.status_text);
  if (!error) error = choose(head, "X-Status-Chunks", kStatusChunks, options.status_chunks);
  if (error) return std::unexpected(std::move(*error));
  return {};
}

}  // namespace signalbox::http
