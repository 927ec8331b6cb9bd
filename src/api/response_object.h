// The `response` object inside the events of /v1/responses, with the request's own settings. llama-server
// sends three of its members, too few for the stream helpers of the official clients. Called by
// responses_answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signalbox::api {

class ResponseObject {
 public:
  // A body is searched for settings only up to this size, as one search must not stop the loop for long; and
  // this is what one setting and all of them may measure, as each heartbeat carries them. What is larger is
  // left out.
  static constexpr std::size_t kBodyMax = std::size_t{1024} * 1024;
  static constexpr std::size_t kSettingMax = std::size_t{16} * 1024;
  static constexpr std::size_t kSettingsMax = std::size_t{32} * 1024;

  // `request_body` is read here only. Ids, times and names as JSON values.
  ResponseObject(std::string id, std::string created_at, std::string model, std::string_view request_body);

  struct State {
    std::string_view status;  // "queued", "in_progress", "completed", ...
    std::string_view output;  // the items, with commas between them
    std::string_view usage = "null";
    std::string_view incomplete_details = "null";
  };
  // The object without its closing brace, so that more members can follow.
  [[nodiscard]] std::string open(const State& state) const;

  // Whether a member of an engine's response object is ours to say.
  [[nodiscard]] static bool is_ours(std::string_view key);

 private:
  std::string head_;  // up to the status
  std::string model_;
  std::string settings_;  // ,"instructions":null,...
};

}  // namespace signalbox::api
