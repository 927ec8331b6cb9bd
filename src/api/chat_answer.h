// The streamed answer of /v1/chat/completions and /v1/completions: status chunks before the engine's, one id,
// one role, no usage that nobody asked for. Made by make_streamed_answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "api/chunk_scan.h"
#include "api/chunk_splice.h"
#include "api/narrator.h"

namespace signalbox::api {

class ChatAnswer final : public StreamedAnswer {
 public:
  explicit ChatAnswer(const AnswerOptions& options);

  [[nodiscard]] std::string status(const StatusReport& report) override;
  [[nodiscard]] Result<Ended> engine_event(const SseEvent& event, std::string& out) override;
  void restart() override;
  [[nodiscard]] std::string failure(const ApiError& error) override;
  [[nodiscard]] std::uint64_t generated_tokens() const override { return tokens_; }

 private:
  [[nodiscard]] std::string new_words(const StatusReport& report);
  [[nodiscard]] std::string status_chunk(const StatusReport& report);
  [[nodiscard]] bool is_only_progress() const;
  void forward(std::string& out);
  void cut_known_roles();
  void release_finish(std::string& out, std::string_view timings);

  const Route route_;
  const StatusChunks status_chunks_;
  const bool include_usage_;
  const bool pass_progress_;
  ChunkIdentity identity_;
  std::string head_;            // a status chunk up to its choices
  std::string metadata_field_;  // quoted
  std::string words_field_;     // of the delta; empty: no words
  Narrator narrator_;

  bool role_told_ = false;       // by a status
  std::vector<bool> role_sent_;  // by choice
  ChunkScan scan_;
  ChunkCuts cuts_;
  std::uint64_t tokens_ = 0;
  std::string scratch_;
  // The chunk with the finish_reason, kept until the event after it: asked for usage, as we always ask it,
  // the engine puts its timings into the usage chunk; a client that did not ask gets them where they would
  // have been.
  std::string finish_;
};

}  // namespace signalbox::api
