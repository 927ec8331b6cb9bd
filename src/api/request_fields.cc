#include "api/request_fields.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "api/invalid_request.h"
#include "api/json_unescape.h"

namespace signalbox::api {

namespace {

std::string_view kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::object:
      return "an object";
    case JsonKind::array:
      return "an array";
    case JsonKind::string:
      return "a string";
    case JsonKind::number:
      return "a number";
    case JsonKind::boolean:
      return "a boolean";
    case JsonKind::null:
      return "null";
  }
  std::unreachable();
}

// Reads one request; the first error is kept and the rest then says nothing.
class Reader {
 public:
  Reader(RequestOutline& outline, std::string_view body) : outline_(outline), body_(body) {}

  std::expected<GenerationRequest, ApiError> read();

 private:
  struct Range {
    std::int64_t min = 0;
    std::int64_t max = 0;
  };

  [[nodiscard]] std::string_view bytes(Span span) const {
    return body_.substr(span.begin, span.end - span.begin);
  }
  [[nodiscard]] std::string_view inside_quotes(Span span) const {
    return body_.substr(span.begin + 1, span.end - span.begin - 2);
  }
  void refuse(std::string_view param, std::string_view wanted, std::string_view found, std::size_t offset);
  void refuse_kind(Field field, std::string_view wanted);

  void model();
  void stream();
  void sequences();
  void max_tokens();
  void service_tier();
  void conversation();
  void words_disturb();
  void layout();
  [[nodiscard]] std::optional<std::string> short_string(Span span, std::size_t bytes_max) const;
  [[nodiscard]] bool boolean(std::string_view param, JsonKind kind, Span span);
  [[nodiscard]] std::optional<std::int64_t> integer(Field field, Range range);
  [[nodiscard]] std::size_t prompts();
  [[nodiscard]] bool has_members(Field field) const;
  [[nodiscard]] bool asks_for_format() const;

  RequestOutline& outline_;
  std::string_view body_;
  GenerationRequest request_;
  std::optional<ApiError> error_;
};

void Reader::refuse(std::string_view param, std::string_view wanted, std::string_view found,
                    std::size_t offset) {
  if (error_) return;
  error_ =
      invalid_request(fmt::format("`{}` must be {}, but at byte {} it is {}.", param, wanted, offset, found),
                      std::string(param));
}

void Reader::refuse_kind(Field field, std::string_view wanted) {
  const auto& found = outline_.field(field);
  if (!found.is_missing()) return refuse(field_name(field), wanted, kind_name(found.kind), found.span.begin);
  if (error_) return;
  error_ = invalid_request(fmt::format("`{}` is missing; it must be {}.", field_name(field), wanted),
                           std::string(field_name(field)));
}

// None if the string is longer. An escape is up to six times as long as what it stands for.
std::optional<std::string> Reader::short_string(Span span, std::size_t bytes_max) const {
  const auto raw = inside_quotes(span);
  if (raw.size() > 6 * bytes_max) return std::nullopt;
  auto text = unescape(raw);
  return text.size() <= bytes_max ? std::optional(std::move(text)) : std::nullopt;
}

void Reader::model() {
  const auto& field = outline_.field(Field::model);
  if (field.kind != JsonKind::string) return refuse_kind(Field::model, "the name of a model");
  auto name = short_string(field.span, GenerationRequest::kModelBytesMax);
  if (!name) {
    const auto wanted = fmt::format("at most {} bytes long", GenerationRequest::kModelBytesMax);
    return refuse("model", wanted, "longer", field.span.begin);
  }
  if (name->empty()) return refuse("model", "the name of a model", "an empty string", field.span.begin);
  request_.model = std::move(*name);
}

bool Reader::boolean(std::string_view param, JsonKind kind, Span span) {
  if (kind == JsonKind::boolean) return bytes(span) == "true";
  if (kind != JsonKind::null) refuse(param, "true or false", kind_name(kind), span.begin);
  return false;
}

void Reader::stream() {
  for (const auto& [field, value] : {std::pair(Field::stream, &request_.stream),
                                     std::pair(Field::return_progress, &request_.return_progress)}) {
    const auto& found = outline_.field(field);
    *value = boolean(field_name(field), found.kind, found.span);
  }
  const auto& options = outline_.field(Field::stream_options);
  if (options.is_null()) return;
  if (options.kind != JsonKind::object) return refuse_kind(Field::stream_options, "an object");
  if (const auto& usage = outline_.include_usage()) {
    request_.include_usage = boolean("stream_options.include_usage", usage->kind, usage->span);
  }
}

std::optional<std::int64_t> Reader::integer(Field field, Range range) {
  const auto& found = outline_.field(field);
  if (found.is_null()) return std::nullopt;
  const auto wanted = fmt::format("a whole number from {} to {}", range.min, range.max);
  if (found.kind != JsonKind::number) {
    refuse_kind(field, wanted);
    return std::nullopt;
  }
  constexpr std::size_t kNumberBytesMax = 32;
  const bool is_short = found.span.end - found.span.begin <= kNumberBytesMax;
  const auto number = is_short ? whole_number(bytes(found.span)) : std::nullopt;
  if (number && *number >= range.min && *number <= range.max) return number;
  refuse(field_name(field), wanted, is_short ? bytes(found.span) : "a longer number", found.span.begin);
  return std::nullopt;
}

// A list with a number in it is one prompt in tokens, as llama-server takes it; otherwise each member is a
// prompt.
std::size_t Reader::prompts() {
  constexpr std::string_view kWanted = "a string or an array of strings or tokens, not empty";
  const auto& prompt = outline_.field(Field::prompt);
  switch (prompt.kind) {
    case JsonKind::string:
    case JsonKind::object:  // llama-server's own form for images
      return 1;
    case JsonKind::array:
      if (prompt.members == 0) refuse("prompt", kWanted, "empty", prompt.span.begin);
      return prompt.holds_number ? 1 : prompt.members;
    default:
      refuse_kind(Field::prompt, kWanted);
      return 1;
  }
}

void Reader::sequences() {
  // The engine would give two responses in one stream, for which the Responses API has no form.
  const std::int64_t choices_max = request_.route == Route::responses ? 1 : GenerationRequest::kChoicesMax;
  const auto n = integer(Field::n, {.min = 1, .max = choices_max});
  const auto n_cmpl = integer(Field::n_cmpl, {.min = 1, .max = choices_max});
  const auto best_of = integer(Field::best_of, {.min = 1, .max = choices_max});
  const std::int64_t choices = std::max(n_cmpl.value_or(n.value_or(1)), best_of.value_or(1));
  const std::size_t product =
      static_cast<std::size_t>(choices) * (request_.route == Route::completions ? prompts() : 1);
  request_.sequences =
      static_cast<std::uint32_t>(std::min<std::size_t>(product, std::numeric_limits<std::uint32_t>::max()));
}

// All are checked; the first that says something counts, in the engine's own order.
void Reader::max_tokens() {
  for (const auto field :
       {Field::n_predict, Field::max_output_tokens, Field::max_completion_tokens, Field::max_tokens}) {
    const auto tokens = integer(field, {.min = -1, .max = GenerationRequest::kTokensMax});
    if (tokens && *tokens >= 0 && !request_.max_tokens)
      request_.max_tokens = static_cast<std::uint64_t>(*tokens);
  }
}

void Reader::service_tier() {
  constexpr std::array<std::pair<std::string_view, std::optional<ServiceTier>>, 4> kTiers = {{
      {"auto", std::nullopt},
      {"default", ServiceTier::standard},
      {"priority", ServiceTier::priority},
      {"flex", ServiceTier::flex},
  }};
  constexpr std::string_view kWanted = "one of auto, default, priority, flex";
  constexpr std::size_t kTierBytesMax = 8;
  const auto& found = outline_.field(Field::service_tier);
  if (found.is_null()) return;
  if (found.kind != JsonKind::string) return refuse_kind(Field::service_tier, kWanted);
  const auto name = short_string(found.span, kTierBytesMax);
  const auto tier = std::ranges::find_if(kTiers, [&](const auto& row) { return name == row.first; });
  if (tier == kTiers.end()) {
    constexpr std::size_t kShownBytesMax = 40;
    const auto text = bytes(found.span);
    return refuse("service_tier", kWanted, text.size() <= kShownBytesMax ? text : "a longer string",
                  found.span.begin);
  }
  request_.service_tier = tier->second;
}

void Reader::conversation() {
  if (request_.route == Route::chat && outline_.field(Field::messages).kind != JsonKind::array) {
    refuse_kind(Field::messages, "an array of messages");
  }
  const auto input = outline_.field(Field::input).kind;
  if (request_.route == Route::responses && input != JsonKind::string && input != JsonKind::array) {
    refuse_kind(Field::input, "a string or an array of items");
  }
}

bool Reader::has_members(Field field) const {
  const auto& found = outline_.field(field);
  return found.kind == JsonKind::array ? found.members > 0 : !found.is_null();
}

bool Reader::asks_for_format() const {
  if (outline_.field(Field::response_format).is_null() && !outline_.has_text_format()) return false;
  const auto& type = outline_.format_type();
  return !type || type->kind != JsonKind::string || short_string(type->span, 4) != "text";
}

void Reader::words_disturb() {
  const auto& grammar = outline_.field(Field::grammar);
  const bool has_grammar = !grammar.is_null() && bytes(grammar.span) != "\"\"";
  request_.words_disturb = has_members(Field::tools) || has_members(Field::functions) || asks_for_format() ||
                           has_members(Field::json_schema) || has_grammar ||
                           outline_.history().has_tool_message() || outline_.history().ends_with_assistant();
}

void Reader::layout() {
  auto& layout = request_.layout;
  const auto span_of = [this](Field field) {
    const auto& found = outline_.field(field);
    return found.is_missing() ? std::nullopt : std::optional(found.span);
  };
  layout.object_open = outline_.object_open();
  layout.model = outline_.field(Field::model).span;
  layout.stream = span_of(Field::stream);
  layout.return_progress = span_of(Field::return_progress);
  layout.stream_options = span_of(Field::stream_options);
  if (const auto& options = outline_.field(Field::stream_options); options.kind == JsonKind::object) {
    layout.stream_options_open = options.span.begin + 1;
    layout.stream_options_is_empty = options.members == 0;
    if (const auto& usage = outline_.include_usage()) layout.include_usage = usage->span;
  }
  layout.tools =
      outline_.field(Field::tools).is_missing() ? span_of(Field::functions) : span_of(Field::tools);
  layout.lora = span_of(Field::lora);
  for (const auto field : {Field::messages, Field::prompt, Field::input}) {
    if (!layout.text) layout.text = span_of(field);
  }
  layout.chooses_slot = !outline_.field(Field::id_slot).is_null();
  layout.assistant_texts = outline_.history().take_texts();
}

std::expected<GenerationRequest, ApiError> Reader::read() {
  request_.route = outline_.route();
  model();
  stream();
  sequences();
  max_tokens();
  service_tier();
  conversation();
  if (error_) return std::unexpected(std::move(*error_));
  words_disturb();
  layout();
  return std::move(request_);
}

}  // namespace

std::expected<GenerationRequest, ApiError> read_fields(RequestOutline& outline, std::string_view body) {
  return Reader(outline, body).read();
}

}  // namespace signalbox::api
