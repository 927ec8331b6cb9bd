#include "api/response_events.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/json_cursor.h"

namespace signalbox::api {
namespace {

using Place = std::string_view ResponseEvent::*;

constexpr std::array<std::pair<std::string_view, Place>, 12> kPlaces{{
    {"delta", &ResponseEvent::delta},
    {"item_id", &ResponseEvent::item_id},
    {"output_index", &ResponseEvent::output_index},
    {"content_index", &ResponseEvent::content_index},
    {"item", &ResponseEvent::item},
    {"part", &ResponseEvent::part},
    {"text", &ResponseEvent::text},
    {"arguments", &ResponseEvent::arguments},
    {"logprobs", &ResponseEvent::logprobs},
    {"response", &ResponseEvent::response},
    {"error", &ResponseEvent::error},
    {"prompt_progress", &ResponseEvent::prompt_progress},
}};

}  // namespace

bool read_response_event(std::string_view json, ResponseEvent& event) {
  event = {};
  JsonCursor cursor(JsonCursor::Of::object, json);
  JsonMember member;
  while (cursor.next(member)) {
    if (member.key == "sequence_number") continue;
    if (member.key == "type") {
      if (is_json_string(member.value)) event.type = json_string_body(member.value);
      continue;
    }
    const auto* place = std::ranges::find(kPlaces, member.key, &std::pair<std::string_view, Place>::first);
    if (place != kPlaces.end()) {
      event.*(place->second) = member.value;
    } else {
      event.others.append(",\"").append(member.key).append("\":").append(member.value);
    }
  }
  return cursor.complete();
}

ResponseEventWriter& ResponseEventWriter::begin(std::string_view type, std::uint64_t sequence_number) {
  out_.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
  out_.append("\",\"sequence_number\":").append(std::to_string(sequence_number));
  return *this;
}

ResponseEventWriter& ResponseEventWriter::number(std::string_view key, std::size_t value) {
  return member(key, std::to_string(value));
}

ResponseEventWriter& ResponseEventWriter::member(std::string_view key, std::string_view json) {
  out_.append(",\"").append(key).append("\":").append(json);
  return *this;
}

ResponseEventWriter& ResponseEventWriter::raw(std::string_view members) {
  out_.append(members);
  return *this;
}

void ResponseEventWriter::end() {
  out_ += "}\n\n";
}

}  // namespace signalbox::api
