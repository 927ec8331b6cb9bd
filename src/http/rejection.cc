#include "http/rejection.h"

#include "base/assert.h"

namespace signalbox::http {

// No default: a new row of the table does not compile without its reason.
metrics::Rejection rejection_of(api::ErrorKind kind) {
  using api::ErrorKind;
  using metrics::Rejection;
  switch (kind) {
    case ErrorKind::invalid_request:
      return Rejection::invalid_request;
    case ErrorKind::unauthenticated:
      return Rejection::unauthenticated;
    case ErrorKind::forbidden:
      return Rejection::forbidden;
    case ErrorKind::model_not_found:
      return Rejection::model_not_found;
    case ErrorKind::not_found:
      return Rejection::not_found;
    case ErrorKind::method_not_allowed:
      return Rejection::method_not_allowed;
    case ErrorKind::switch_in_progress:
      return Rejection::switch_in_progress;
    case ErrorKind::request_timeout:
      return Rejection::request_timeout;
    case ErrorKind::body_too_large:
      return Rejection::body_too_large;
    case ErrorKind::header_too_large:
      return Rejection::header_too_large;
    case ErrorKind::expectation_failed:
      return Rejection::expectation_failed;
    case ErrorKind::too_many_sequences:
      return Rejection::too_many_sequences;
    case ErrorKind::too_many_connections:
      return Rejection::too_many_connections;
    case ErrorKind::too_many_bytes:
      return Rejection::too_many_bytes;
    case ErrorKind::queue_full:
      return Rejection::queue_full;
    case ErrorKind::wait_timeout:
      return Rejection::wait_timeout;
    case ErrorKind::model_load_failed:
      return Rejection::model_load_failed;
    case ErrorKind::quarantined:
      return Rejection::quarantined;
    case ErrorKind::shutting_down:
      return Rejection::shutting_down;
    case ErrorKind::engine_error:
      return Rejection::engine_error;
    case ErrorKind::engine_timeout:
      return Rejection::engine_timeout;
  }
  SB_ASSERT(false);
}

}  // namespace signalbox::http
