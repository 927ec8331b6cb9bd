// The bytes of the fake engine's answers, in the shapes and key order that llama-server 0.7.0 was seen to
// send. No sockets and no timing: fake_server.cc decides when each piece goes out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signalbox::fake {

enum class Route { chat, completions, responses };

// What a request asks of the fake engine; everything else in it is ignored.
struct Ask {
  Route route = Route::chat;
  bool stream = false;
  bool include_usage = false;
  bool return_progress = false;
  std::uint32_t sequences = 1;
  std::optional<std::uint32_t> max_tokens{};
};

// The error is what llama-server would answer with status 400.
[[nodiscard]] Result<Ask> parse_ask(Route route, std::string_view body);

// {"error":{"code":…,"message":"…","type":"…"}}
[[nodiscard]] std::string error_body(unsigned status, std::string_view message);

// One answer, piece by piece. Order of calls for each sequence: begin, token*, end; then last; or at any time
// an error. `progress` only before begin. Each call gives whole events, ready to send.
class Answer {
 public:
  Answer(const Ask& ask, std::string model, std::string id, std::int64_t created);
  virtual ~Answer() = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  [[nodiscard]] virtual std::string progress(std::uint32_t sequence, std::uint32_t processed) = 0;
  [[nodiscard]] virtual std::string begin(std::uint32_t sequence) = 0;
  [[nodiscard]] virtual std::string token(std::uint32_t sequence, std::string_view text) = 0;
  [[nodiscard]] virtual std::string end(std::uint32_t sequence, std::string_view finish_reason) = 0;
  // Usage, if it was asked for, and the terminator.
  [[nodiscard]] virtual std::string last() = 0;
  // The same answer unstreamed, after the end of every sequence.
  [[nodiscard]] virtual std::string whole() = 0;

  [[nodiscard]] static std::string error_event(std::string_view message);

  static constexpr std::uint32_t kPromptTokens = 25;

 protected:
  [[nodiscard]] std::string usage() const;
  [[nodiscard]] std::string timings() const;

  Ask ask_;
  std::string model_;
  std::string id_;
  std::int64_t created_;
  std::vector<std::string> texts_;  // of each sequence, so far
  std::vector<std::string> finish_reasons_;
  std::uint32_t tokens_ = 0;  // of all sequences
};

[[nodiscard]] std::unique_ptr<Answer> make_answer(const Ask& ask, std::string model, std::string id,
                                                  std::int64_t created);

}  // namespace signalbox::fake
