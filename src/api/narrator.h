// Decides when a waiting client hears words and which: a sentence at each change of status, one more when a
// loaded model is about to start. How they reach the client is the answer's business (chat_answer,
// responses_answer).
#pragma once

#include <optional>
#include <string>

#include "api/status.h"

namespace signalbox::api {

class Narrator {
 public:
  // The sentence that this report calls for, without a line break; empty if there is nothing new to say.
  [[nodiscard]] std::string sentence(const StatusReport& report);
  [[nodiscard]] bool has_spoken() const { return has_spoken_; }

 private:
  std::optional<Status> last_;
  bool said_starting_ = false;
  bool has_spoken_ = false;
};

}  // namespace signalbox::api
