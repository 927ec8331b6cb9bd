// The streamed answer of /v1/responses. The engine's events lack what the stream helpers of the official
// clients need and make them throw, so each is written anew around the engine's own values: a full response
// object, output_index, content_index, one running sequence_number, one id. Made by make_streamed_answer.
//
// What the clients hold to: response.created comes first and once; Node takes the output of each queued or
// in_progress event for the truth, so what was said by then stands in it; an event type of our own makes Node
// throw.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/answer.h"
#include "api/narrator.h"
#include "api/response_events.h"
#include "api/response_object.h"
#include "api/response_output.h"

namespace signalbox::api {

class ResponsesAnswer final : public StreamedAnswer {
 public:
  explicit ResponsesAnswer(const AnswerOptions& options);

  [[nodiscard]] std::string status(const StatusReport& report) override;
  [[nodiscard]] Result<Ended> engine_event(const SseEvent& event, std::string& out) override;
  void restart() override;
  [[nodiscard]] std::string failure(const ApiError& error) override;
  [[nodiscard]] std::uint64_t generated_tokens() const override { return tokens_; }

 private:
  using Handler = Result<void> (ResponsesAnswer::*)(const ResponseEvent& event, std::string& out);
  struct HandlerRow {
    std::string_view type;
    Handler handle;
  };
  [[nodiscard]] static Handler handler(std::string_view type);

  [[nodiscard]] Result<void> lifecycle(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> item_added(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> part_added(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> text_delta(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> text_done(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> part_done(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> arguments_delta(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> arguments_done(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> item_done(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<void> other(const ResponseEvent& event, std::string& out);
  [[nodiscard]] Result<Ended> completed(const ResponseEvent& event, std::string& out);

  void created(std::string_view status, std::string& out);
  void in_progress(std::string_view more, std::string& out);
  void speak(const StatusReport& report, std::string& out);
  void end_words(std::string& out);

  const StatusChunks status_chunks_;
  const bool pass_progress_;
  const bool speaks_;
  const std::uint32_t sequences_;
  const std::string words_id_;  // quoted, as the next
  const std::string metadata_field_;
  const ResponseObject object_;
  Narrator narrator_;

  ResponseOutput output_;
  bool created_ = false;
  bool in_progress_ = false;
  std::uint32_t completed_ = 0;
  std::uint64_t tokens_ = 0;
  ResponseEvent event_;
  std::string scratch_;
  // All of it as the statuses left it, kept at the engine's first event.
  struct Beginning {
    ResponseOutput output{};
    bool created = false;
    bool in_progress = false;
  };
  std::optional<Beginning> beginning_;
};

}  // namespace signalbox::api
