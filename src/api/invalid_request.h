// The one way in which the request side refuses: 400 with a sentence that says what was found and what is
// allowed.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "api/error.h"

namespace signalbox::api {

[[nodiscard]] inline ApiError invalid_request(std::string message,
                                              std::optional<std::string> param = std::nullopt) {
  return {.kind = ErrorKind::invalid_request,
          .message = std::move(message),
          .param = std::move(param),
          .retry_after = std::nullopt};
}

}  // namespace signalbox::api
