#include "api/chat_answer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/engine_event.h"
#include "api/usage.h"
#include "base/json_escape.h"

namespace signalbox::api {
namespace {

std::string_view words_field(const AnswerOptions& options) {
  if (options.route != Route::chat) return {};  // editors insert what they get
  switch (options.status_text) {
    case StatusText::automatic:
      return options.words_disturb ? "" : "content";
    case StatusText::content:
      return "content";
    case StatusText::reasoning:
      return "reasoning_content";
    case StatusText::none:
      return {};
  }
  std::unreachable();
}

}  // namespace

ChatAnswer::ChatAnswer(const AnswerOptions& options)
    : route_(options.route),
      status_chunks_(options.status_chunks),
      include_usage_(options.include_usage),
      pass_progress_(options.pass_progress),
      identity_{.id = json_string((route_ == Route::chat ? "chatcmpl-" : "cmpl-") + options.id),
                .created = std::to_string(options.created),
                .model = json_string(options.model)},
      metadata_field_(json_string(options.metadata_field)),
      words_field_(words_field(options)) {
  const auto sequences = std::clamp<std::size_t>(options.sequences, 1, kAnswerPartsMax);
  role_sent_.assign(sequences, false);
  head_ = fmt::format(R"({{"id":{},"object":"{}","created":{},"model":{},"choices":[)", identity_.id,
                      route_ == Route::chat ? "chat.completion.chunk" : "text_completion", identity_.created,
                      identity_.model);
}

std::string ChatAnswer::status(const StatusReport& report) {
  if (status_chunks_ == StatusChunks::off) return {};
  if (status_chunks_ == StatusChunks::comment) return sse_comment(status_json(report));
  return sse_data(status_chunk(report));
}

// Ends the words with an empty line: without it a first line `---` of the answer turns them into a heading.
std::string ChatAnswer::new_words(const StatusReport& report) {
  if (words_field_.empty()) return {};
  if (report.status == Status::processing) return narrator_.end_words() ? "\n" : "";
  std::string words = narrator_.sentence(report);
  if (!words.empty()) words += '\n';
  return words;
}

std::string ChatAnswer::status_chunk(const StatusReport& report) {
  std::string body = R"("text":"")";
  if (route_ == Route::chat) {
    body = R"("delta":{)";
    if (!role_sent_.front()) body += R"("role":"assistant")";
    if (const std::string words = new_words(report); !words.empty()) {
      if (!body.ends_with('{')) body += ',';
      body.append("\"").append(words_field_).append("\":");
      append_json_string(body, words);
    }
    body += '}';
    role_told_ = true;
    role_sent_.assign(role_sent_.size(), true);
  }
  std::string chunk = head_;
  for (std::size_t i = 0; i < role_sent_.size(); ++i) {
    chunk += fmt::format(R"({}{{"index":{},{},"finish_reason":null}})", i == 0 ? "" : ",", i, body);
  }
  chunk += include_usage_ ? R"(],"usage":null,)" : "],";
  return chunk.append(metadata_field_).append(":").append(status_json(report)) += '}';
}

Result<Ended> ChatAnswer::engine_event(const SseEvent& event, std::string& out) {
  if (event.data == kDoneMark) {
    release_finish(out, {});
    out += "data: [DONE]\n\n";
    return Ended::yes;
  }
  const std::string_view chunk = one_line(event.data, scratch_);
  if (chunk == "null") return Ended::no;  // llama-server's first news of several prompts
  if (!scan_.read(chunk)) return not_an_object();
  const std::string_view error = scan_.value("error");
  if (event.name == "error" || (!error.empty() && error != "null")) {
    return engine_failed(error.empty() ? chunk : error);
  }
  tokens_ += api::generated_tokens(scan_);
  if (is_only_progress()) return Ended::no;
  if (!include_usage_ && scan_.is_usage_only() && !scan_.value("usage").empty()) {
    release_finish(out, scan_.value("timings"));
    return Ended::no;
  }
  release_finish(out, {});
  const bool wait_for_usage = route_ == Route::chat && !include_usage_ && scan_.finishes();
  forward(wait_for_usage ? finish_ : out);
  return Ended::no;
}

bool ChatAnswer::is_only_progress() const {
  return !pass_progress_ && !scan_.value("prompt_progress").empty() && !scan_.has_content() &&
         !scan_.finishes();
}

void ChatAnswer::forward(std::string& out) {
  cut_known_roles();
  cuts_.usage = !include_usage_;
  cuts_.progress = !pass_progress_;
  splice_chunk(scan_, identity_, cuts_, out);
}

void ChatAnswer::cut_known_roles() {
  cuts_.roles.clear();
  for (const auto& role : scan_.roles()) {
    if (role.choice >= role_sent_.size()) continue;
    if (role_sent_[role.choice]) cuts_.roles.push_back(role);
    role_sent_[role.choice] = true;
  }
}

void ChatAnswer::release_finish(std::string& out, std::string_view timings) {
  if (finish_.empty()) return;
  if (!timings.empty()) add_member(finish_, "timings", timings);
  out += std::exchange(finish_, {});
}

void ChatAnswer::restart() {
  role_sent_.assign(role_sent_.size(), role_told_);
  tokens_ = 0;
  finish_.clear();
}

// What was kept back is dropped: a finish_reason before the error would make it look like an answer.
std::string ChatAnswer::failure(const ApiError& error) {
  return sse_data(error_body(error));
}

}  // namespace signalbox::api
