// Expected failure is a value: Result<T> is either a T or an Error with a sentence for a person.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace signalbox {

enum class ErrorCode {
  invalid,    // what was given cannot be used
  not_found,  // no such file, process, connection
  io,         // the system said no
  timeout,    // a deadline passed
  cancelled,  // somebody asked to stop
  closed,     // the other side closed before it was done
  limit,      // a named limit was reached
};

struct Error {
  ErrorCode code = ErrorCode::invalid;
  std::string message;  // complete sentence or clause, no secret, no prompt text
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message)});
}

}  // namespace signalbox
