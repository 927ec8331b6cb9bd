// Structured logging: one event name and a few fields a line. JSON lines, or readable text on a terminal.
// Bounded and asynchronous: a full sink drops the line and counts it, it never blocks the loop.
// Never pass prompts, answers or keys.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace signalbox::log {

enum class Level { debug, info, warning, error };
enum class Format { text, json };

// The values live until the call returns; numbers and flags keep their JSON type.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, std::same_as<bool> auto flag) : key(name), value(flag) {}
  Field(std::string_view name, std::floating_point auto number)
      : key(name), value(static_cast<double>(number)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view name, T number) : key(name), value(static_cast<std::int64_t>(number)) {}

  std::string_view key;
  Value value;
};

using Fields = std::initializer_list<Field>;

struct Options {
  Level level = Level::info;
  Format format = Format::text;
  bool colour = false;
};

// Once, before other threads start. Without it, text of level warning and above goes to standard error.
void start(const Options& options);
// Writes what is queued and stops the sink's thread. Safe to call twice. `stuck` if nobody takes the lines
// within kStopPatience, as when standard error is a pipe that is not read: then the thread stays in its
// write, and the process had better end without the usual farewells, which would wait for it.
enum class Stopped { written, stuck };
inline constexpr std::chrono::seconds kStopPatience{2};
Stopped stop();
// Lines thrown away because the sink was full, since start.
[[nodiscard]] std::uint64_t dropped();

// Any thread. `event` is a short constant phrase such as "switch started".
void write(Level level, std::string_view event, Fields fields);
[[nodiscard]] bool enabled(Level level);

// The line that `write` makes of its arguments, without time and level; pure, for tests.
[[nodiscard]] std::string format_fields(Format format, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  write(Level::info, event, fields);
}
inline void warning(std::string_view event, Fields fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

}  // namespace signalbox::log
