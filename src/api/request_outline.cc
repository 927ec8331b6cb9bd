#include "api/request_outline.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/invalid_request.h"
#include "api/json_unescape.h"

namespace signalbox::api {

namespace {

using Part = JsonToken::Part;

constexpr unsigned kChat = 1U << static_cast<unsigned>(Route::chat);
constexpr unsigned kCompletions = 1U << static_cast<unsigned>(Route::completions);
constexpr unsigned kResponses = 1U << static_cast<unsigned>(Route::responses);
constexpr unsigned kAll = kChat | kCompletions | kResponses;

struct FieldRow {
  Field field;
  std::string_view name;
  unsigned routes;
};

constexpr std::array<FieldRow, kFieldCount> kFields{{
    {Field::model, "model", kAll},
    {Field::stream, "stream", kAll},
    {Field::stream_options, "stream_options", kAll},
    {Field::n, "n", kAll},
    {Field::n_cmpl, "n_cmpl", kAll},
    {Field::best_of, "best_of", kCompletions},
    {Field::max_tokens, "max_tokens", kAll},
    {Field::max_completion_tokens, "max_completion_tokens", kAll},
    {Field::max_output_tokens, "max_output_tokens", kResponses},
    {Field::n_predict, "n_predict", kAll},
    {Field::messages, "messages", kChat},
    {Field::input, "input", kResponses},
    {Field::prompt, "prompt", kCompletions},
    {Field::tools, "tools", kAll},
    {Field::functions, "functions", kAll},
    {Field::response_format, "response_format", kAll},
    {Field::text, "text", kResponses},
    {Field::json_schema, "json_schema", kAll},
    {Field::grammar, "grammar", kAll},
    {Field::return_progress, "return_progress", kAll},
    {Field::service_tier, "service_tier", kAll},
    {Field::lora, "lora", kAll},
    {Field::id_slot, "id_slot", kAll},
}};
static_assert(std::ranges::all_of(kFields, [](const FieldRow& row) {
  return &row == &kFields[static_cast<std::size_t>(row.field)];
}));

std::optional<Field> find_field(std::string_view name, Route route) {
  const unsigned bit = 1U << static_cast<unsigned>(route);
  for (const auto& row : kFields) {
    if (row.name == name) return (row.routes & bit) != 0 ? std::optional(row.field) : std::nullopt;
  }
  return std::nullopt;
}

FoundValue found(const JsonToken& token) {
  return {.kind = token.kind, .span = {.begin = token.begin, .end = token.end}};
}

}  // namespace

std::string_view field_name(Field field) {
  return kFields[static_cast<std::size_t>(field)].name;
}

std::expected<void, ApiError> RequestOutline::token(const JsonToken& token) {
  if (token.depth == 0) {
    if (token.part == Part::open) object_open_ = token.end;
    return {};
  }
  if (token.depth == 1) {
    if (token.part == Part::key) return top_level_key(token);
    top_level_value(token);
    return {};
  }
  return field_ ? member(token) : std::expected<void, ApiError>{};
}

std::expected<void, ApiError> RequestOutline::top_level_key(const JsonToken& token) {
  if (!token.start_is_whole) {
    return std::unexpected(invalid_request(
        fmt::format("At byte {} of the body: a top-level key is longer than the {} bytes that are allowed.",
                    token.begin, kKeyBytesMax)));
  }
  if (keys_.size() == kKeysMax) {
    return std::unexpected(invalid_request(fmt::format(
        "At byte {} of the body: more than the {} top-level keys that are allowed.", token.begin, kKeysMax)));
  }
  const auto [key, is_new] = keys_.insert(unescape(token.start));
  if (!is_new) {
    return std::unexpected(invalid_request(
        fmt::format("At byte {} of the body: the top-level key `{}` comes a second time; it may come once.",
                    token.begin, *key),
        *key));
  }
  field_ = find_field(*key, route_);
  member_ = Member::other;
  inner_member_ = Member::other;
  return {};
}

void RequestOutline::top_level_value(const JsonToken& token) {
  if (!field_) return;
  auto& found_field = fields_[static_cast<std::size_t>(*field_)];
  if (token.part != Part::close) {
    found_field.kind = token.kind;
    found_field.span.begin = token.begin;
  }
  found_field.span.end = token.end;
}

RequestOutline::Member RequestOutline::member_of(const JsonToken& token) {
  const std::string key = unescape(token.start);
  if (key == "include_usage") return Member::include_usage;
  if (key == "type") return Member::type;
  if (key == "format") return Member::format;
  return Member::other;
}

std::expected<void, ApiError> RequestOutline::member(const JsonToken& token) {
  if (token.depth == 2 && token.part != Part::key && token.part != Part::close) {
    auto& around = fields_[static_cast<std::size_t>(*field_)];
    ++around.members;
    around.holds_number = around.holds_number || token.kind == JsonKind::number;
  }
  switch (*field_) {
    case Field::messages:
    case Field::input: {
      auto result = history_.token(token);
      if (!result) result.error().param = field_name(*field_);
      return result;
    }
    case Field::stream_options:
    case Field::response_format:
    case Field::text:
      if (token.part == Part::key && token.depth <= 3) {
        (token.depth == 2 ? member_ : inner_member_) = member_of(token);
        if (token.depth == 2) inner_member_ = Member::other;
      }
      if (token.part == Part::open || token.part == Part::scalar) member_value(token);
      return {};
    default:
      return {};
  }
}

// A key that comes twice inside a field: the last one counts, for the engine too.
void RequestOutline::member_value(const JsonToken& token) {
  if (token.depth == 2) {
    if (*field_ == Field::stream_options && member_ == Member::include_usage) include_usage_ = found(token);
    if (*field_ == Field::response_format && member_ == Member::type) format_type_ = found(token);
    if (*field_ == Field::text && member_ == Member::format) {
      has_text_format_ = token.kind != JsonKind::null;
      format_type_ = std::nullopt;
    }
    return;
  }
  const bool in_format = *field_ == Field::text && member_ == Member::format;
  if (token.depth == 3 && in_format && inner_member_ == Member::type) format_type_ = found(token);
}

}  // namespace signalbox::api
