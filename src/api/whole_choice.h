// One choice of an unstreamed chat or completions answer, put together from its deltas. Called by whole_chat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/merged_object.h"

namespace signalbox::api {

class WholeChoice {
 public:
  // The choice of one chunk. The bytes held more than before.
  std::size_t merge(std::string_view choice);
  [[nodiscard]] bool seen() const { return seen_; }

  // As the engine writes them.
  [[nodiscard]] std::string chat_json(std::size_t index) const;
  [[nodiscard]] std::string completions_json(std::size_t index) const;

 private:
  struct ToolCall {
    MergedObject call;
    MergedObject function;
  };

  std::size_t merge_delta(std::string_view delta);
  std::size_t merge_tool_calls(std::string_view calls);
  [[nodiscard]] std::string message_json() const;
  [[nodiscard]] std::string tool_calls_json() const;
  void append_logprobs(std::string& out) const;

  bool seen_ = false;
  MergedObject choice_;   // all but the two below
  MergedObject message_;  // from the deltas, all but the tool calls
  MergedObject logprobs_;
  std::vector<ToolCall> tool_calls_;
};

}  // namespace signalbox::api
