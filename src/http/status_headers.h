// The two request headers with which a client chooses how it is told of its wait.
#pragma once

#include <expected>

#include "api/answer.h"
#include "api/error.h"
#include "http/exchange.h"

namespace signalbox::http {

// X-Status-Text and X-Status-Chunks override what `options` holds from the configuration; an unknown value is
// a 400.
[[nodiscard]] std::expected<void, api::ApiError> apply_status_headers(const RequestHead& head,
                                                                      api::AnswerOptions& options);

}  // namespace signalbox::http
