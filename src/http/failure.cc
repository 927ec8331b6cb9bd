#include "http/failure.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/time.h"

namespace signalbox::http {

namespace {

std::chrono::milliseconds ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

std::int64_t whole_seconds(Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

}  // namespace

api::ApiError refusal_error(const control::Refused& refused, const std::string& model) {
  using api::ErrorKind;
  api::ApiError error;
  switch (refused.refusal) {
    case sched::Refusal::queue_full:
      error.kind = ErrorKind::queue_full;
      error.message = fmt::format("The queue of model '{}' is full.", model);
      error.retry_after = ms(refused.retry_after);
      return error;
    case sched::Refusal::quarantined:
      error.kind = ErrorKind::quarantined;
      error.message = fmt::format("Model '{}' failed lately and is left alone for another {} s: {}", model,
                                  whole_seconds(refused.retry_after), refused.detail);
      error.retry_after = ms(refused.retry_after);
      return error;
    case sched::Refusal::too_many_places:
      error.kind = ErrorKind::too_many_sequences;
      error.message =
          fmt::format("The request asks for more sequences at once than model '{}' has places.", model);
      error.param = "n";
      return error;
    case sched::Refusal::wait_timeout:
      error.kind = ErrorKind::wait_timeout;
      error.message = fmt::format("No place became free at model '{}' within its wait limit.", model);
      error.retry_after = ms(refused.retry_after);
      return error;
    case sched::Refusal::model_load_failed:
      error.kind = ErrorKind::model_load_failed;
      error.message = fmt::format("Model '{}' could not be loaded: {}", model, refused.detail);
      return error;
    case sched::Refusal::shutting_down:
      error.kind = ErrorKind::shutting_down;
      error.message = "The server is shutting down.";
      return error;
  }
  SB_ASSERT(false);
}

api::ApiError abort_error(const sched::AbortRequest& abort, const std::string& model, Deaths deaths) {
  using api::ErrorKind;
  api::ApiError error;
  switch (abort.abort) {
    case sched::Abort::engine_died:
      error.kind = ErrorKind::engine_error;
      error.message = fmt::format("The engine of model '{}' died{} before its answer was complete: {}", model,
                                  deaths == Deaths::two ? " twice" : "", abort.detail);
      return error;
    case sched::Abort::engine_hung:
      error.kind = ErrorKind::engine_timeout;
      error.message = fmt::format("The engine of model '{}' hung and was ended: {}", model, abort.detail);
      return error;
    case sched::Abort::shutting_down:
      error.kind = ErrorKind::shutting_down;
      error.message = "The server is shutting down and could not wait longer for this answer.";
      return error;
  }
  SB_ASSERT(false);
}

api::ApiError upstream_error(const Error& error, const std::string& model) {
  api::ApiError result;
  if (error.code == ErrorCode::timeout) {
    result.kind = api::ErrorKind::engine_timeout;
    result.message = fmt::format("The engine of model '{}' sent nothing for too long.", model);
  } else if (error.code == ErrorCode::limit) {
    result.kind = api::ErrorKind::engine_error;
    result.message = fmt::format("The engine of model '{}' could not be asked: {}", model, error.message);
  } else if (error.code == ErrorCode::io || error.code == ErrorCode::invalid) {
    result.kind = api::ErrorKind::engine_error;
    result.message = fmt::format("The engine of model '{}' answered with an error: {}", model, error.message);
  } else {
    result.kind = api::ErrorKind::engine_error;
    result.message = fmt::format("The engine of model '{}' ended before its answer was complete.", model);
  }
  return result;
}

api::ApiError unknown_model_error(const std::string& model) {
  api::ApiError error;
  error.kind = api::ErrorKind::model_not_found;
  error.message = fmt::format("There is no model '{}' here. GET /v1/models lists those there are.", model);
  error.param = "model";
  return error;
}

}  // namespace signalbox::http
