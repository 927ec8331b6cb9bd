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
  // From now on it says nothing, also if the request has to wait once more: the empty line that the answer is
  // known by has come. Whether there were words to be ended.
  bool end_words();

 private:
  std::optional<Status> last_;
  bool said_starting_ = false;
  bool has_spoken_ = false;
  bool has_ended_ = false;
};

}  // namespace signalbox::api
