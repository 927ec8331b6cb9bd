// SB_ASSERT: an always-on check for errors of the programmer. It aborts in release builds too: a server in a
// state nobody thought of must stop rather than serve wrong answers. Expected failures are values (result.h).
#pragma once

namespace signalbox {

// Writes the expression and its place to standard error and aborts. Any thread.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace signalbox

#define SB_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::signalbox::assertion_failed(#expression, __FILE__, __LINE__))
