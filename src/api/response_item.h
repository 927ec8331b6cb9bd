// One item of a response's output while it is being streamed: what was said of it so far, and its JSON at any
// moment. Called by responses_answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signalbox::api {

struct ResponseItem {
  enum class Kind { message, reasoning, function_call, other };

  std::string id;  // quoted
  Kind kind = Kind::other;
  std::string added;  // the item as it was announced
  std::string text;   // of its part, or its arguments: the inside of a JSON string
  std::size_t part_index = 0;
  bool part_open = false;
  bool text_done = false;
  bool part_done = false;
  std::string done;  // the item as it ended; empty before

  // As it stands: the announced item with what came since, or as it ended.
  [[nodiscard]] std::string json(std::string_view status) const;
  // {"type":"output_text",...}: what a message or reasoning item holds.
  [[nodiscard]] std::string part(std::string_view part_text) const;
};

[[nodiscard]] ResponseItem::Kind item_kind(std::string_view item);
// The announcement that the engine did not make, from what it says at the end of the item or of a part in it.
[[nodiscard]] std::string announce_item(ResponseItem::Kind kind, std::string_view id,
                                        std::string_view ended_item);
// An ended item with a status; the engine's reasoning has none in a stream, and has one unstreamed.
[[nodiscard]] std::string with_status(std::string_view ended_item);

}  // namespace signalbox::api
