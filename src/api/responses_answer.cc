#include "api/responses_answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "api/engine_event.h"
#include "api/json_cursor.h"
#include "api/json_text.h"
#include "api/usage.h"
#include "base/json_escape.h"

namespace signalbox::api {
namespace {

using Kind = ResponseItem::Kind;

Kind text_kind(std::string_view type) {
  return type.contains(".reasoning_text.") ? Kind::reasoning : Kind::message;
}

// The engine's event besides what the writer says anyway.
std::string more(const ResponseEvent& event) {
  if (event.logprobs.empty()) return event.others;
  return fmt::format(R"(,"logprobs":{}{})", event.logprobs, event.others);
}

Result<void> outcome(const Result<ResponseItem*>& item) {
  if (!item) return std::unexpected(item.error());
  return {};
}

// Members of the engine's response object that are not ours to say, and when it ended.
std::string rest_of_response(std::string_view response) {
  std::string rest;
  JsonCursor cursor(JsonCursor::Of::object, response);
  JsonMember member;
  while (cursor.next(member)) {
    if (!ResponseObject::is_ours(member.key)) {
      rest.append(",\"").append(member.key).append("\":").append(member.value);
    }
  }
  const auto ended_at = json_member(response, "created_at");  // the engine makes the object at the end
  if (json_member(response, "completed_at").empty() && !ended_at.empty()) {
    rest.append(R"(,"completed_at":)").append(ended_at);
  }
  return rest;
}

}  // namespace

ResponsesAnswer::ResponsesAnswer(const AnswerOptions& options)
    : status_chunks_(options.status_chunks),
      pass_progress_(options.pass_progress),
      speaks_(options.status_text == StatusText::reasoning),
      sequences_(std::max<std::uint32_t>(options.sequences, 1)),
      words_id_(json_string("rs_" + options.id)),
      metadata_field_(json_string(options.metadata_field)),
      object_(json_string("resp_" + options.id), std::to_string(options.created), json_string(options.model),
              options.request_body) {}

std::string ResponsesAnswer::status(const StatusReport& report) {
  if (status_chunks_ == StatusChunks::off) return {};
  if (status_chunks_ == StatusChunks::comment) return sse_comment(status_json(report));
  std::string out;
  created("queued", out);
  const std::string metadata = fmt::format(",{}:{}", metadata_field_, status_json(report));
  if (report.status == Status::processing) {
    end_words(out);
    in_progress(metadata, out);
    return out;
  }
  output_.begin("response.queued", out)
      .member("response", object_.open({.status = "queued", .output = output_.json()}) + '}')
      .raw(metadata)
      .end();
  if (speaks_) speak(report, out);
  return out;
}

void ResponsesAnswer::speak(const StatusReport& report, std::string& out) {
  const std::string words = narrator_.sentence(report);
  if (words.empty()) return;
  const auto item = output_.item(words_id_, Kind::reasoning, {}, out);
  if (item) output_.add_text(**item, json_string(words + '\n'), {}, out);
}

void ResponsesAnswer::end_words(std::string& out) {
  if (!narrator_.end_words()) return;
  if (const ResponseItem* item = output_.find(words_id_)) {
    static_cast<void>(output_.end_item(item->json("completed"), out));  // cannot fail: its id is known
  }
}

void ResponsesAnswer::created(std::string_view status, std::string& out) {
  if (std::exchange(created_, true)) return;
  output_.begin("response.created", out)
      .member("response", object_.open({.status = status, .output = {}}) + '}')
      .end();
}

void ResponsesAnswer::in_progress(std::string_view more_members, std::string& out) {
  in_progress_ = true;
  output_.begin("response.in_progress", out)
      .member("response", object_.open({.status = "in_progress", .output = output_.json()}) + '}')
      .raw(more_members)
      .end();
}

void ResponsesAnswer::restart() {
  if (!beginning_) return;
  output_ = std::move(beginning_->output);
  created_ = beginning_->created;
  in_progress_ = beginning_->in_progress;
  beginning_.reset();
  completed_ = 0;
  tokens_ = 0;
}

std::string ResponsesAnswer::failure(const ApiError& error) {
  const std::string_view code = error_row(error.kind).code;
  const std::string message = json_string(valid_utf8(error.message));
  std::string data = fmt::format(R"({{"type":"error","sequence_number":{},"code":{},"message":{},"param":{})",
                                 output_.take_sequence_number(), code.empty() ? "null" : json_string(code),
                                 message, error.param ? json_string(valid_utf8(*error.param)) : "null");
  data.append(R"(,"error":)").append(error_object(error)) += '}';
  return sse_event("error", data);
}

ResponsesAnswer::Handler ResponsesAnswer::handler(std::string_view type) {
  using Self = ResponsesAnswer;
  static constexpr std::array kHandlers{
      HandlerRow{.type = "response.output_text.delta", .handle = &Self::text_delta},
      HandlerRow{.type = "response.reasoning_text.delta", .handle = &Self::text_delta},
      HandlerRow{.type = "response.function_call_arguments.delta", .handle = &Self::arguments_delta},
      HandlerRow{.type = "response.created", .handle = &Self::lifecycle},
      HandlerRow{.type = "response.queued", .handle = &Self::lifecycle},
      HandlerRow{.type = "response.in_progress", .handle = &Self::lifecycle},
      HandlerRow{.type = "response.output_item.added", .handle = &Self::item_added},
      HandlerRow{.type = "response.content_part.added", .handle = &Self::part_added},
      HandlerRow{.type = "response.output_text.done", .handle = &Self::text_done},
      HandlerRow{.type = "response.reasoning_text.done", .handle = &Self::text_done},
      HandlerRow{.type = "response.content_part.done", .handle = &Self::part_done},
      HandlerRow{.type = "response.function_call_arguments.done", .handle = &Self::arguments_done},
      HandlerRow{.type = "response.output_item.done", .handle = &Self::item_done},
  };
  const auto* row = std::ranges::find(kHandlers, type, &HandlerRow::type);
  return row == kHandlers.end() ? &Self::other : row->handle;
}

Result<Ended> ResponsesAnswer::engine_event(const SseEvent& event, std::string& out) {
  if (event.data == kDoneMark) return Ended::no;  // not this API's terminator
  const std::string_view json = one_line(event.data, scratch_);
  if (json == "null") return Ended::no;
  if (!read_response_event(json, event_)) return not_an_object();
  if (event_.type.empty()) event_.type = event.name;
  const bool has_error = !event_.error.empty() && event_.error != "null";
  if (event_.type == "error" || has_error) return engine_failed(has_error ? event_.error : json);
  if (event_.type == "response.failed") return engine_failed(json_member(event_.response, "error"));

  const Handler handle = handler(event_.type);
  if (!beginning_) beginning_ = {.output = output_, .created = created_, .in_progress = in_progress_};
  created("in_progress", out);
  if (!in_progress_ && handle != &ResponsesAnswer::lifecycle) in_progress({}, out);
  if (event_.type == "response.completed" || event_.type == "response.incomplete")
    return completed(event_, out);
  if (auto handled = (this->*handle)(event_, out); !handled) return std::unexpected(handled.error());
  if (output_.bytes_held() > kAnswerBytesMax) return answer_too_long();
  return Ended::no;
}

Result<void> ResponsesAnswer::lifecycle(const ResponseEvent& event, std::string& out) {
  if (pass_progress_ && !event.prompt_progress.empty()) {
    in_progress(fmt::format(R"(,"prompt_progress":{})", event.prompt_progress), out);
  } else if (!in_progress_) {
    in_progress({}, out);
  }
  return {};
}

Result<void> ResponsesAnswer::item_added(const ResponseEvent& event, std::string& out) {
  const auto item = output_.item(json_member(event.item, "id"), item_kind(event.item), event.item, out);
  return outcome(item);
}

Result<void> ResponsesAnswer::part_added(const ResponseEvent& event, std::string& out) {
  const std::string_view type = json_member(event.part, "type");
  const bool is_reasoning = type == R"("reasoning_text")";
  const bool is_known = is_reasoning || type == R"("output_text")";
  const auto item = output_.item(event.item_id, is_reasoning ? Kind::reasoning : Kind::message, {}, out);
  // The engine's own part lacks its annotations.
  if (item) output_.open_part(**item, is_known ? std::string_view{} : event.part, out);
  return outcome(item);
}

Result<void> ResponsesAnswer::text_delta(const ResponseEvent& event, std::string& out) {
  const auto item = output_.item(event.item_id, text_kind(event.type), {}, out);
  if (item && is_json_string(event.delta)) output_.add_text(**item, event.delta, more(event), out);
  return outcome(item);
}

Result<void> ResponsesAnswer::text_done(const ResponseEvent& event, std::string& out) {
  const auto item = output_.item(event.item_id, text_kind(event.type), {}, out);
  if (item && is_json_string(event.text)) output_.close_text(**item, event.text, more(event), out);
  return outcome(item);
}

Result<void> ResponsesAnswer::part_done(const ResponseEvent& event, std::string& out) {
  ResponseItem* item = output_.find(event.item_id);
  if (item == nullptr || event.part.empty()) return {};
  if (const auto text = json_member(event.part, "text"); is_json_string(text) && !item->part_done) {
    output_.close_text(*item, text, {}, out);
  }
  output_.close_part(*item, event.part, event.others, out);
  return {};
}

Result<void> ResponsesAnswer::arguments_delta(const ResponseEvent& event, std::string& out) {
  const auto item = output_.item(event.item_id, Kind::function_call, {}, out);
  if (item && is_json_string(event.delta)) output_.add_arguments(**item, event.delta, event.others, out);
  return outcome(item);
}

Result<void> ResponsesAnswer::arguments_done(const ResponseEvent& event, std::string& out) {
  const auto item = output_.item(event.item_id, Kind::function_call, {}, out);
  if (item && is_json_string(event.arguments)) {
    output_.close_arguments(**item, event.arguments, {}, out);
  }
  return outcome(item);
}

Result<void> ResponsesAnswer::item_done(const ResponseEvent& event, std::string& out) {
  return output_.end_item(event.item, out);
}

// An event that we know nothing of goes on with our numbers in the place of the engine's.
Result<void> ResponsesAnswer::other(const ResponseEvent& event, std::string& out) {
  auto writer = output_.begin(event.type, out);
  if (const ResponseItem* item = output_.find(event.item_id)) {
    writer.number("output_index", output_.index(*item));
  } else if (!event.output_index.empty()) {
    writer.member("output_index", event.output_index);
  }
  using Value = std::pair<std::string_view, std::string_view>;
  for (const auto& [key, value] :
       {Value("content_index", event.content_index), Value("item_id", event.item_id),
        Value("item", event.item), Value("part", event.part), Value("delta", event.delta),
        Value("text", event.text), Value("arguments", event.arguments), Value("logprobs", event.logprobs),
        Value("response", event.response)}) {
    if (!value.empty()) writer.member(key, value);
  }
  writer.raw(event.others).end();
  return {};
}

// With n > 1 the engine completes each in its turn; for the client it is one response with all their items.
Result<Ended> ResponsesAnswer::completed(const ResponseEvent& event, std::string& out) {
  JsonCursor items(JsonCursor::Of::array, json_member(event.response, "output"));
  JsonMember item;
  while (items.next(item)) {
    if (auto ended = output_.end_item(item.value, out); !ended) return std::unexpected(ended.error());
  }
  const auto usage = json_member(event.response, "usage");
  tokens_ += api::generated_tokens(usage);
  if (++completed_ < sequences_) return Ended::no;
  output_.end_the_rest("incomplete", out);
  const bool is_whole = event.type == "response.completed";
  const auto details = json_member(event.response, "incomplete_details");
  std::string response = object_.open({.status = is_whole ? "completed" : "incomplete",
                                       .output = output_.json(),
                                       .usage = usage.empty() ? "null" : usage,
                                       .incomplete_details = details.empty() ? "null" : details});
  response.append(rest_of_response(event.response)) += '}';
  output_.begin(event.type, out).member("response", response).raw(event.others).end();
  return Ended::yes;
}

}  // namespace signalbox::api
