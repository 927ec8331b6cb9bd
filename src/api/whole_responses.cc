#include "api/whole_responses.h"

#include <algorithm>

#include "api/engine_event.h"
#include "api/json_cursor.h"
#include "api/response_item.h"
#include "api/usage.h"
#include "base/json_escape.h"

namespace signalbox::api {
namespace {

std::string output_json(std::string_view output) {
  std::string out = "[";
  JsonCursor items(JsonCursor::Of::array, output);
  JsonMember item;
  while (items.next(item)) {
    if (out.size() > 1) out += ',';
    out += with_status(item.value);
  }
  return out += ']';
}

}  // namespace

WholeResponses::WholeResponses(const AnswerOptions& options)
    : id_(options.id),
      created_(std::to_string(options.created)),
      model_(json_string(options.model)),
      sequences_(std::clamp<std::size_t>(options.sequences, 1, kAnswerPartsMax)) {}

Result<Ended> WholeResponses::engine_event(const SseEvent& event) {
  if (event.data == kDoneMark) return Ended::no;  // not this API's terminator
  const std::string_view json = one_line(event.data, scratch_);
  if (json == "null") return Ended::no;
  if (!read_response_event(json, event_)) return not_an_object();
  if (event_.type.empty()) event_.type = event.name;
  const bool has_error = !event_.error.empty() && event_.error != "null";
  if (event_.type == "error" || has_error) return engine_failed(has_error ? event_.error : json);
  if (event_.type == "response.failed") return engine_failed(json_member(event_.response, "error"));

  const bool is_end = event_.type == "response.completed" || event_.type == "response.incomplete";
  if (!is_end && event_.type != "response.created") return Ended::no;
  const auto response = response_of(json_member(event_.response, "id"));
  if (!response) return std::unexpected(response.error());
  if (!is_end || !(*response)->json.empty()) return Ended::no;
  const auto index = static_cast<std::size_t>(*response - responses_.data());
  tokens_ += api::generated_tokens(json_member(event_.response, "usage"));
  (*response)->json = own_json(event_.response, index);
  return ++completed_ < sequences_ ? Ended::no : Ended::yes;
}

Result<WholeResponses::Response*> WholeResponses::response_of(std::string_view engine_id) {
  const auto known = std::ranges::find(responses_, engine_id, &Response::engine_id);
  if (known != responses_.end()) return &*known;
  if (responses_.size() == sequences_) {
    return fail(ErrorCode::invalid, "The engine began more responses than were asked for.");
  }
  responses_.push_back({.engine_id = std::string(engine_id), .json = {}});
  return &responses_.back();
}

std::string WholeResponses::own_json(std::string_view response, std::size_t index) const {
  const std::string id = json_string("resp_" + id_ + (index == 0 ? "" : "_" + std::to_string(index)));
  const auto ended_at = json_member(response, "created_at");  // the engine makes the object at the end
  std::string out = "{";
  if (json_member(response, "completed_at").empty() && !ended_at.empty()) {
    out.append(R"("completed_at":)").append(ended_at);
  }
  JsonCursor cursor(JsonCursor::Of::object, response);
  JsonMember member;
  while (cursor.next(member)) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(member.key).append("\":");
    if (member.key == "id") {
      out.append(id);
    } else if (member.key == "created_at") {
      out.append(created_);
    } else if (member.key == "model") {
      out.append(model_);
    } else if (member.key == "output") {
      out.append(output_json(member.value));
    } else {
      out.append(member.value);
    }
  }
  return out += '}';
}

std::string WholeResponses::body() {
  if (responses_.size() == 1) return responses_.front().json;
  std::string out = "[";
  for (const Response& response : responses_) {
    if (out.size() > 1) out += ',';
    out += response.json;
  }
  return out += ']';
}

}  // namespace signalbox::api
