#include "api/response_item.h"

#include <fmt/format.h>

#include "api/json_cursor.h"

namespace signalbox::api {

std::string ResponseItem::part(std::string_view part_text) const {
  if (kind == Kind::reasoning) return fmt::format(R"({{"type":"reasoning_text","text":"{}"}})", part_text);
  return fmt::format(R"({{"type":"output_text","annotations":[],"logprobs":[],"text":"{}"}})", part_text);
}

std::string ResponseItem::json(std::string_view status) const {
  if (!done.empty()) return done;
  std::string out = "{";
  JsonCursor cursor(JsonCursor::Of::object, added);
  JsonMember member;
  while (cursor.next(member)) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(member.key).append("\":");
    if (member.key == "status") {
      out.append("\"").append(status).append("\"");
    } else if (member.key == "arguments" && kind == Kind::function_call) {
      out.append("\"").append(text).append("\"");
    } else if (member.key == "content" && part_open) {
      out.append("[").append(part(text)).append("]");
    } else {
      out.append(member.value);
    }
  }
  return out += '}';
}

ResponseItem::Kind item_kind(std::string_view item) {
  const std::string_view type = json_member(item, "type");
  if (type == R"("message")") return ResponseItem::Kind::message;
  if (type == R"("reasoning")") return ResponseItem::Kind::reasoning;
  if (type == R"("function_call")") return ResponseItem::Kind::function_call;
  return ResponseItem::Kind::other;
}

std::string announce_item(ResponseItem::Kind kind, std::string_view id, std::string_view ended_item) {
  const auto of_ended = [&](std::string_view key) {
    const std::string_view value = json_member(ended_item, key);
    return value.empty() ? std::string_view(R"("")") : value;
  };
  switch (kind) {
    case ResponseItem::Kind::message:
      return fmt::format(
          R"({{"content":[],"id":{},"role":"assistant","status":"in_progress","type":"message"}})", id);
    case ResponseItem::Kind::reasoning:
      return fmt::format(R"({{"id":{},"summary":[],"type":"reasoning","content":[],"status":"in_progress"}})",
                         id);
    case ResponseItem::Kind::function_call:
      return fmt::format(
          R"({{"id":{},"arguments":"","call_id":{},"name":{},"type":"function_call","status":"in_progress"}})",
          id, of_ended("call_id"), of_ended("name"));
    case ResponseItem::Kind::other:
      break;
  }
  return std::string(ended_item);
}

std::string with_status(std::string_view ended_item) {
  std::string out(ended_item);
  if (json_member(ended_item, "status").empty() && item_kind(ended_item) == ResponseItem::Kind::reasoning) {
    out.insert(out.rfind('}'), R"(,"status":"completed")");
  }
  return out;
}

}  // namespace signalbox::api
