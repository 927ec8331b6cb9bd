#include "api/answer.h"

#include "api/chat_answer.h"
#include "api/responses_answer.h"
#include "api/whole_chat.h"
#include "api/whole_responses.h"

namespace signalbox::api {

std::unique_ptr<StreamedAnswer> make_streamed_answer(const AnswerOptions& options) {
  if (options.route == Route::responses) return std::make_unique<ResponsesAnswer>(options);
  return std::make_unique<ChatAnswer>(options);
}

std::unique_ptr<WholeAnswer> make_whole_answer(const AnswerOptions& options) {
  if (options.route == Route::responses) return std::make_unique<WholeResponses>(options);
  return std::make_unique<WholeChat>(options);
}

}  // namespace signalbox::api
