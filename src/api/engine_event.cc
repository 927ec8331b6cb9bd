#include "api/engine_event.h"

#include <algorithm>

#include "api/json_cursor.h"
#include "api/json_text.h"

namespace signalbox::api {
namespace {

constexpr std::size_t kRawMessageMax = 4096;  // longer ones quote the request back

}  // namespace

std::string_view one_line(std::string_view json, std::string& scratch) {
  constexpr std::string_view kLineBreaks = "\r\n";
  if (json.find_first_of(kLineBreaks) == std::string_view::npos) return json;
  scratch = json;
  std::ranges::replace_if(scratch, [&](char character) { return kLineBreaks.contains(character); }, ' ');
  return scratch;
}

std::unexpected<Error> engine_failed(std::string_view error) {
  const std::string_view quoted = is_json_string(error) ? error : json_member(error, "message");
  if (is_json_string(quoted) && quoted.size() <= kRawMessageMax) {
    if (auto message = decode_json_string(quoted); message && !message->empty()) {
      return fail(ErrorCode::io, std::move(*message));
    }
  }
  return fail(ErrorCode::io, "The engine reported an error.");
}

std::unexpected<Error> not_an_object() {
  return fail(ErrorCode::invalid, "The engine sent an event that is not a JSON object.");
}

std::unexpected<Error> answer_too_long() {
  return fail(ErrorCode::limit, "The engine's answer is longer than this server holds.");
}

}  // namespace signalbox::api
