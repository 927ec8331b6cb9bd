// The outline of a generation request while its bytes arrive: which top-level fields stand where, and the
// little of their inside that this server reads. Knows no values: read_request decodes them at the end.
// Called by RequestScan.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "api/error.h"
#include "api/history.h"
#include "api/json_scan.h"
#include "api/request.h"
#include "api/request_layout.h"

namespace signalbox::api {

// The top-level fields that this server reads, on the routes that have them; all others pass unseen.
enum class Field : std::uint8_t {
  model,
  stream,
  stream_options,
  n,
  n_cmpl,  // llama-server's own name for n; it wins
  best_of,
  max_tokens,
  max_completion_tokens,
  max_output_tokens,
  n_predict,
  messages,
  input,
  prompt,
  tools,
  functions,
  response_format,
  text,
  json_schema,
  grammar,
  return_progress,
  service_tier,
  lora,
  id_slot,
};
inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::id_slot) + 1;

[[nodiscard]] std::string_view field_name(Field field);

struct FoundValue {
  JsonKind kind = JsonKind::null;
  Span span;
};

struct FoundField {
  JsonKind kind = JsonKind::null;  // of a field that is missing: null, which is treated alike everywhere
  Span span;                       // empty if the field is missing
  std::size_t members = 0;         // of an object or array
  bool holds_number = false;       // directly in it

  [[nodiscard]] bool is_missing() const { return span.end == 0; }
  [[nodiscard]] bool is_null() const { return kind == JsonKind::null; }
};

class RequestOutline final : public JsonTokenReader {
 public:
  static constexpr std::size_t kKeysMax = 512;
  static constexpr std::size_t kKeyBytesMax = JsonScan::kStartBytesMax - 2;

  explicit RequestOutline(Route route) : route_(route) {}

  [[nodiscard]] std::expected<void, ApiError> token(const JsonToken& token) override;

  [[nodiscard]] Route route() const { return route_; }
  [[nodiscard]] const FoundField& field(Field field) const {
    return fields_[static_cast<std::size_t>(field)];
  }
  [[nodiscard]] std::size_t object_open() const { return object_open_; }
  // stream_options.include_usage
  [[nodiscard]] const std::optional<FoundValue>& include_usage() const { return include_usage_; }
  // response_format.type, or text.format.type for responses
  [[nodiscard]] const std::optional<FoundValue>& format_type() const { return format_type_; }
  // responses: whether text.format is there at all
  [[nodiscard]] bool has_text_format() const { return has_text_format_; }
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] History& history() { return history_; }

 private:
  [[nodiscard]] std::expected<void, ApiError> top_level_key(const JsonToken& token);
  void top_level_value(const JsonToken& token);
  [[nodiscard]] std::expected<void, ApiError> member(const JsonToken& token);
  void member_value(const JsonToken& token);

  const Route route_;
  std::size_t object_open_ = 0;
  std::set<std::string, std::less<>> keys_;
  std::optional<Field> field_;  // whose value comes or is open; none: one that this server does not read
  std::array<FoundField, kFieldCount> fields_{};

  // The last keys at depth 2 and 3, where they matter.
  enum class Member : std::uint8_t { other, include_usage, type, format };
  [[nodiscard]] static Member member_of(const JsonToken& token);
  Member member_ = Member::other;
  Member inner_member_ = Member::other;
  std::optional<FoundValue> include_usage_;
  std::optional<FoundValue> format_type_;
  bool has_text_format_ = false;
  History history_;
};

}  // namespace signalbox::api
