#include "api/whole_choice.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "api/chunk_scan.h"
#include "api/engine_event.h"
#include "api/json_cursor.h"

namespace signalbox::api {
namespace {

// Said whole each time, so a second one is no continuation of the first.
bool is_said_whole(std::string_view key) {
  constexpr std::array<std::string_view, 4> kKeys{"role", "id", "type", "name"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

std::size_t merge_member(MergedObject& object, const JsonMember& member) {
  if (is_said_whole(member.key) && member.value != "null") return object.replace(member.key, member.value);
  return object.merge(member.key, member.value);
}

std::size_t merge_members(MergedObject& object, std::string_view json) {
  std::size_t bytes = 0;
  JsonCursor cursor(JsonCursor::Of::object, json);
  JsonMember member;
  while (cursor.next(member)) bytes += merge_member(object, member);
  return bytes;
}

}  // namespace

std::size_t WholeChoice::merge(std::string_view choice) {
  seen_ = true;
  std::size_t bytes = 0;
  JsonCursor cursor(JsonCursor::Of::object, choice);
  JsonMember member;
  while (cursor.next(member)) {
    if (member.key == "index") continue;
    if (member.key == "delta") {
      bytes += merge_delta(member.value);
    } else if (member.key == "logprobs" && member.value.starts_with('{')) {
      bytes += merge_members(logprobs_, member.value);
    } else if (member.key == "text") {
      bytes += choice_.merge(member.key, member.value);
    } else if (member.value != "null" || choice_.value(member.key, "").empty()) {
      bytes += choice_.replace(member.key, member.value);
    }
  }
  return bytes;
}

std::size_t WholeChoice::merge_delta(std::string_view delta) {
  std::size_t bytes = 0;
  JsonCursor cursor(JsonCursor::Of::object, delta);
  JsonMember member;
  while (cursor.next(member)) {
    bytes += member.key == "tool_calls" ? merge_tool_calls(member.value) : merge_member(message_, member);
  }
  return bytes;
}

std::size_t WholeChoice::merge_tool_calls(std::string_view calls) {
  std::size_t bytes = 0;
  JsonCursor cursor(JsonCursor::Of::array, calls);
  JsonMember element;
  while (cursor.next(element)) {
    const std::size_t index = read_index(json_member(element.value, "index"));
    if (index >= kAnswerPartsMax) continue;
    if (index >= tool_calls_.size()) tool_calls_.resize(index + 1);
    ToolCall& tool_call = tool_calls_[index];
    JsonCursor members(JsonCursor::Of::object, element.value);
    JsonMember member;
    while (members.next(member)) {
      if (member.key == "index") continue;
      bytes += member.key == "function" ? merge_members(tool_call.function, member.value)
                                        : merge_member(tool_call.call, member);
    }
  }
  return bytes;
}

std::string WholeChoice::tool_calls_json() const {
  std::string out;
  for (const auto& [call, function] : tool_calls_) {
    if (call.empty() && function.empty()) continue;
    if (!out.empty()) out += ',';
    out += fmt::format(R"({{"type":{},"function":{{"name":{},"arguments":{})",
                       call.value("type", R"("function")"), function.value("name", R"("")"),
                       function.value("arguments", R"("")"));
    function.append_others(out, {"name", "arguments"});
    out += '}';
    call.append_others(out, {"type"});
    out += '}';
  }
  return out;
}

std::string WholeChoice::message_json() const {
  std::string out = fmt::format(R"({{"role":{},"content":{})", message_.value("role", R"("assistant")"),
                                message_.value("content", R"("")"));
  message_.append_others(out, {"role", "content"});
  if (!tool_calls_.empty()) out += fmt::format(R"(,"tool_calls":[{}])", tool_calls_json());
  return out += '}';
}

void WholeChoice::append_logprobs(std::string& out) const {
  if (logprobs_.empty()) return;
  std::string members;
  logprobs_.append_others(members, {});
  out += fmt::format(R"(,"logprobs":{{{}}})", std::string_view(members).substr(1));
}

std::string WholeChoice::chat_json(std::size_t index) const {
  std::string out = fmt::format(R"({{"finish_reason":{},"index":{},"message":{})",
                                choice_.value("finish_reason", "null"), index, message_json());
  append_logprobs(out);
  choice_.append_others(out, {"finish_reason", logprobs_.empty() ? "" : "logprobs"});
  return out += '}';
}

std::string WholeChoice::completions_json(std::size_t index) const {
  std::string out = fmt::format(R"({{"text":{},"index":{})", choice_.value("text", R"("")"), index);
  append_logprobs(out);
  choice_.append_others(out, {"text", logprobs_.empty() ? "" : "logprobs"});
  return out += '}';
}

}  // namespace signalbox::api
