// From the engine's answer to the client's: one object an answer. A StreamedAnswer turns statuses and engine
// events into the bytes of an event stream; a WholeAnswer collects the engine's stream into the one JSON body
// that the engine would have sent unstreamed. Both for chat, completions and responses. No sockets, no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/error.h"
#include "api/request.h"
#include "api/sse.h"
#include "api/status.h"
#include "base/result.h"

namespace signalbox::api {

struct AnswerOptions {
  Route route = Route::chat;
  std::string id = {};  // without prefix: the answer adds chatcmpl-, cmpl-, resp_
  std::int64_t created = 0;
  std::string model = {};  // as the client named it
  std::uint32_t sequences = 1;
  bool include_usage = false;
  StatusText status_text = StatusText::automatic;
  StatusChunks status_chunks = StatusChunks::data;
  bool words_disturb = false;
  std::string metadata_field = "candle_metadata";
  bool pass_progress = false;  // the client itself asked for return_progress
  std::string_view request_body =
      {};  // /v1/responses echoes the request's own settings; read in the constructor only
};

enum class Ended { no, yes };  // yes: the engine's terminator was seen

// Order of calls: status* (processing last, if any was sent), engine_event*, then nothing or failure. After
// restart the same from its beginning.
class StreamedAnswer {
 public:
  virtual ~StreamedAnswer() = default;
  // Bytes to send for this status: words only if the status changed; empty with status_chunks off.
  [[nodiscard]] virtual std::string status(const StatusReport& report) = 0;
  // Appends the bytes to send for one event of the engine to `out`, which may stay as it was. An error means
  // the engine sent what cannot be passed on; an error *event* of the engine comes back as ErrorCode::io with
  // its message.
  [[nodiscard]] virtual Result<Ended> engine_event(const SseEvent& event, std::string& out) = 0;
  // The engine died before any of what its events made was sent: forgets all of them. What statuses have said
  // is not said again, neither the role nor words.
  virtual void restart() = 0;
  // The in-stream error, exactly one, after which the body ends cleanly.
  [[nodiscard]] virtual std::string failure(const ApiError& error) = 0;
  // As far as the engine has told them by now.
  [[nodiscard]] virtual std::uint64_t generated_tokens() const = 0;
};

class WholeAnswer {
 public:
  virtual ~WholeAnswer() = default;
  [[nodiscard]] virtual Result<Ended> engine_event(const SseEvent& event) = 0;
  // After Ended::yes: the body.
  [[nodiscard]] virtual std::string body() = 0;
  [[nodiscard]] virtual std::uint64_t generated_tokens() const = 0;
};

[[nodiscard]] std::unique_ptr<StreamedAnswer> make_streamed_answer(const AnswerOptions& options);
[[nodiscard]] std::unique_ptr<WholeAnswer> make_whole_answer(const AnswerOptions& options);

}  // namespace signalbox::api
