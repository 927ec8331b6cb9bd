#include "api/whole_chat.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "api/engine_event.h"
#include "api/json_cursor.h"
#include "api/usage.h"
#include "base/json_escape.h"

namespace signalbox::api {
namespace {

bool is_number_member(std::string_view key) {
  return key == "usage" || key == "timings";
}

bool is_own_member(std::string_view key) {
  constexpr std::array<std::string_view, 6> kKeys{"choices", "id",     "created",
                                                  "model",   "object", "prompt_progress"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

}  // namespace

WholeChat::WholeChat(const AnswerOptions& options)
    : route_(options.route),
      id_(json_string((route_ == Route::chat ? "chatcmpl-" : "cmpl-") + options.id)),
      created_(std::to_string(options.created)),
      model_(json_string(options.model)) {}

Result<Ended> WholeChat::engine_event(const SseEvent& event) {
  if (event.data == kDoneMark) return Ended::yes;
  const std::string_view chunk = one_line(event.data, scratch_);
  if (chunk == "null") return Ended::no;
  if (!scan_.read(chunk)) return not_an_object();
  const std::string_view error = scan_.value("error");
  if (event.name == "error" || (!error.empty() && error != "null")) {
    return engine_failed(error.empty() ? chunk : error);
  }
  tokens_ += api::generated_tokens(scan_);
  if (auto merged = merge_chunk(); !merged) return std::unexpected(merged.error());
  if (bytes_held_ > kAnswerBytesMax) return answer_too_long();
  return Ended::no;
}

Result<void> WholeChat::merge_chunk() {
  if (auto merged = merge_choices(scan_.value("choices")); !merged) return merged;
  for (const JsonMember& member : scan_.members()) {
    if (is_number_member(member.key)) {
      keep_numbers(member);
    } else if (!is_own_member(member.key)) {
      bytes_held_ += others_.replace(member.key, member.value);
    }
  }
  return {};
}

Result<void> WholeChat::merge_choices(std::string_view choices) {
  JsonCursor cursor(JsonCursor::Of::array, choices);
  JsonMember choice;
  while (cursor.next(choice)) {
    const std::size_t index = read_index(json_member(choice.value, "index"));
    if (index >= kAnswerPartsMax) return answer_too_long();
    if (index >= choices_.size()) choices_.resize(index + 1);
    bytes_held_ += choices_[index].merge(choice.value);
    chunk_choice_ = index;
  }
  return {};
}

// With several choices each brings its own usage; unstreamed, the engine gives that of the first.
void WholeChat::keep_numbers(const JsonMember& member) {
  if (member.value == "null") return;
  const bool is_of_first = chunk_choice_ == 0;
  if (numbers_are_of_first_ && !is_of_first) return;
  numbers_are_of_first_ = is_of_first;
  numbers_.replace(member.key, member.value);
}

std::string WholeChat::body() {
  std::string out = R"({"choices":[)";
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (!choices_[i].seen()) continue;
    if (!out.ends_with('[')) out += ',';
    out += route_ == Route::chat ? choices_[i].chat_json(i) : choices_[i].completions_json(i);
  }
  out += fmt::format(R"(],"created":{},"model":{},"object":"{}")", created_, model_,
                     route_ == Route::chat ? "chat.completion" : "text_completion");
  others_.append_others(out, {});
  out += fmt::format(R"(,"id":{})", id_);
  numbers_.append_others(out, {});
  return out += '}';
}

}  // namespace signalbox::api
