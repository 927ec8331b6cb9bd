// What must be known of a conversation's past (`messages` of chat, `input` of responses): whether a tool
// spoke, whose turn was last, and where an assistant's words lie that may begin with our own. Called by
// RequestOutline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/error.h"
#include "api/json_scan.h"
#include "api/request_layout.h"

namespace signalbox::api {

// Fed with the tokens inside the array, whose elements stand at depth kElementDepth.
class History {
 public:
  static constexpr std::size_t kElementDepth = 2;
  // Each costs memory and a look at its text; no conversation has so many that begin with status words.
  static constexpr std::size_t kTextsMax = 8192;

  [[nodiscard]] std::expected<void, ApiError> token(const JsonToken& token);

  [[nodiscard]] bool has_tool_message() const { return has_tool_message_; }
  [[nodiscard]] bool ends_with_assistant() const { return ends_with_assistant_; }
  // In the order of the messages, not necessarily of their bytes.
  [[nodiscard]] std::vector<AssistantText> take_texts() { return std::move(texts_); }

 private:
  enum class Key : std::uint8_t {
    other,
    role,
    content,
    reasoning_content,
    tool_calls,
    function_call,
    summary,
    type,
    text
  };
  enum class Role : std::uint8_t { other, assistant, tool };
  // A string, or the first text part of a list.
  struct Text {
    std::size_t parts = 0;
    bool first_text_seen = false;
    std::optional<Span> candidate;  // only if it may begin with our words
  };
  struct Message {
    Role role = Role::other;
    bool is_reasoning = false;  // an item of responses
    bool has_calls = false;
    Span content_value;
    Text content;
    Text summary;
    std::optional<Span> reasoning;
  };
  struct ContentPart {
    bool is_text = true;  // until its type says something else
    bool has_text = false;
    std::optional<Span> candidate;
  };

  [[nodiscard]] static Key key_of(std::string_view start);
  void message_token(const JsonToken& token);
  void message_scalar(const JsonToken& token);
  void part_token(const JsonToken& token);
  void close_part();
  [[nodiscard]] std::expected<void, ApiError> close_message();
  void remember(const std::optional<Span>& text, std::optional<Span> null_if_empty);
  [[nodiscard]] Text* open_text();

  bool in_message_ = false;
  Message message_;
  Key message_key_ = Key::other;
  Key open_list_ = Key::other;  // the member of the message whose array we are in
  bool in_part_ = false;
  ContentPart part_;
  Key part_key_ = Key::other;

  bool has_tool_message_ = false;
  bool ends_with_assistant_ = false;
  std::vector<AssistantText> texts_;
};

}  // namespace signalbox::api
