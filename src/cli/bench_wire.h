// A measurement's request as an OpenAI-compatible server takes it, and its streamed answer as a sample. Pure:
// the bytes and the times come in. Called by bench_session.cc and bench_mixed.cc.
#pragma once

#include <string>
#include <string_view>

#include "api/sse.h"
#include "base/result.h"
#include "base/time.h"
#include "cli/base_url.h"
#include "cli/http_call.h"
#include "measure/sample.h"

namespace signalbox::cli {

// `timeout` is for all of it. Its on_body is for the caller to set.
[[nodiscard]] HttpRequest chat_request(const BaseUrl& url, const measure::Ask& ask, Duration timeout);
// What an answer that is no stream says: its error's message, or its status.
[[nodiscard]] std::string refusal_of(const HttpAnswer& answer);

// One streamed answer, from the request on. A token is a chunk with text, be it content or reasoning, or with
// a tool call; Signalbox's own status chunks are none.
class AnswerReader {
 public:
  explicit AnswerReader(TimePoint sent) : sent_(sent) {}

  void take(std::string_view bytes, TimePoint now);
  // Once the call is over; nothing is taken after that.
  [[nodiscard]] measure::Sample finished(const Result<HttpAnswer>& answer, TimePoint now) &&;

 private:
  void take_event(std::string_view data, TimePoint now);
  [[nodiscard]] measure::Ending ending_of(const Result<HttpAnswer>& answer);

  TimePoint sent_;
  api::SseReader reader_;
  measure::Sample sample_;
  bool is_done_ = false;    // the terminator came
  bool is_broken_ = false;  // an error came, or what is no event stream
};

}  // namespace signalbox::cli
