// The unstreamed answer of /v1/chat/completions and /v1/completions, put together from the engine's stream:
// member for member what the engine would have sent unstreamed. Made by make_whole_answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "api/chunk_scan.h"
#include "api/merged_object.h"
#include "api/whole_choice.h"

namespace signalbox::api {

class WholeChat final : public WholeAnswer {
 public:
  explicit WholeChat(const AnswerOptions& options);

  [[nodiscard]] Result<Ended> engine_event(const SseEvent& event) override;
  [[nodiscard]] std::string body() override;
  [[nodiscard]] std::uint64_t generated_tokens() const override { return tokens_; }

 private:
  [[nodiscard]] Result<void> merge_chunk();
  [[nodiscard]] Result<void> merge_choices(std::string_view choices);
  void keep_numbers(const JsonMember& member);

  const Route route_;
  const std::string id_;  // JSON values
  const std::string created_;
  const std::string model_;
  ChunkScan scan_;
  std::uint64_t tokens_ = 0;
  std::string scratch_;
  std::vector<WholeChoice> choices_;
  std::size_t chunk_choice_ = 0;  // whose usage and timings the next chunk brings
  bool numbers_are_of_first_ = false;
  MergedObject numbers_;  // usage, timings
  MergedObject others_;   // system_fingerprint and what we do not know
  std::size_t bytes_held_ = 0;
};

}  // namespace signalbox::api
