// Reading one event of an engine's /v1/responses stream, and writing one of ours. Called by responses_answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signalbox::api {

// The members we know, as JSON values; empty where the engine sent none.
struct ResponseEvent {
  std::string_view type;  // without quotes
  std::string_view output_index;
  std::string_view content_index;
  std::string_view item_id;
  std::string_view item;
  std::string_view part;
  std::string_view delta;
  std::string_view text;
  std::string_view arguments;
  std::string_view logprobs;
  std::string_view response;
  std::string_view error;
  std::string_view prompt_progress;
  std::string others;  // ,"timings":{...}: what we do not know and pass on
};

// False if `json` is not one whole object. `event` holds views into `json`.
[[nodiscard]] bool read_response_event(std::string_view json, ResponseEvent& event);

// Writes events with one running number. Order of calls: begin, then any of the members, then end.
class ResponseEventWriter {
 public:
  explicit ResponseEventWriter(std::string& out) : out_(out) {}

  ResponseEventWriter& begin(std::string_view type, std::uint64_t sequence_number);
  ResponseEventWriter& number(std::string_view key, std::size_t value);
  ResponseEventWriter& member(std::string_view key, std::string_view json);
  // Members that are written already, with a comma before each.
  ResponseEventWriter& raw(std::string_view members);
  void end();

 private:
  std::string& out_;
};

}  // namespace signalbox::api
