// What every answer must know of an engine's events: one line of JSON, its error events, its terminator.
// Called by the answers of all routes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/sse.h"
#include "base/result.h"

namespace signalbox::api {

inline constexpr std::string_view kDoneMark = "[DONE]";
// What one answer may hold in memory: a generation is far smaller, an engine gone mad is not.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024 * 1024;
// Choices of one answer, output items of a response, tool calls of a message.
inline constexpr std::size_t kAnswerPartsMax = 1024;

// The same JSON without line breaks; `scratch` holds it if it had any. Outside of strings they are white
// space, and inside JSON does not allow them.
[[nodiscard]] std::string_view one_line(std::string_view json, std::string& scratch);

// The event as our own failure (ErrorCode::io) with the message in `error`, the value of the engine's error
// member: an object with a message, or just a string.
[[nodiscard]] std::unexpected<Error> engine_failed(std::string_view error);
[[nodiscard]] std::unexpected<Error> not_an_object();
[[nodiscard]] std::unexpected<Error> answer_too_long();

}  // namespace signalbox::api
