// The unstreamed answer of /v1/responses: the response objects that the engine's stream ends with, under our
// id and model, as the engine would have sent them. Made by make_whole_answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "api/response_events.h"

namespace signalbox::api {

class WholeResponses final : public WholeAnswer {
 public:
  explicit WholeResponses(const AnswerOptions& options);

  [[nodiscard]] Result<Ended> engine_event(const SseEvent& event) override;
  // An object; with `n` of several, as only llama-server takes it, a list.
  [[nodiscard]] std::string body() override;
  [[nodiscard]] std::uint64_t generated_tokens() const override { return tokens_; }

 private:
  struct Response {
    std::string engine_id;
    std::string json;  // empty until it is complete
  };

  [[nodiscard]] Result<Response*> response_of(std::string_view engine_id);
  [[nodiscard]] std::string own_json(std::string_view response, std::size_t index) const;

  const std::string id_;
  const std::string created_;  // JSON values
  const std::string model_;
  const std::size_t sequences_;
  std::vector<Response> responses_;  // in the order of their beginnings
  std::size_t completed_ = 0;
  std::uint64_t tokens_ = 0;
  ResponseEvent event_;
  std::string scratch_;
};

}  // namespace signalbox::api
