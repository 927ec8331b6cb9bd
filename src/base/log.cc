// The sink behind log.h: spdlog's asynchronous logger. A full ring throws the oldest lines away and counts
// them.
#include "base/log.h"

#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_escape.h"

namespace signalbox::log {

namespace {

constexpr std::size_t kQueuedLinesMax = 8192;
// Longer values are cut: one client must not fill the log.
constexpr std::size_t kValueBytesMax = 1024;

struct Sink {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::text;
};

// Set by start and stop only, while no other thread writes.
Sink& sink() {
  static Sink instance;
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

void append_json_value(std::string& out, const Field::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_json_string(out, text->substr(0, kValueBytesMax));
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    fmt::format_to(std::back_inserter(out), "{:.3f}", *real);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

void append_text_value(std::string& out, const Field::Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (text != nullptr && !needs_quotes(*text)) {
    out += text->substr(0, kValueBytesMax);
  } else {
    append_json_value(out, value);
  }
}

}  // namespace

std::string format_fields(Format format, std::string_view event, Fields fields) {
  std::string line;
  if (format == Format::json) {
    line += "\"event\":";
    append_json_string(line, event);
    for (const auto& field : fields) {
      line += ',';
      append_json_string(line, field.key);
      line += ':';
      append_json_value(line, field.value);
    }
    return line;
  }
  line += event;
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_text_value(line, field.value);
  }
  return line;
}

void start(const Options& options) {
  stop();
  Sink& mine = sink();
  mine.format = options.format;
  mine.pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLinesMax, 1);
  const auto colours = options.colour ? spdlog::color_mode::always : spdlog::color_mode::never;
  auto out = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(colours);
  mine.logger = std::make_shared<spdlog::async_logger>("signalbox", std::move(out), mine.pool,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  mine.logger->set_level(to_spdlog(options.level));
  mine.logger->flush_on(spdlog::level::info);
  const bool json = options.format == Format::json;
  mine.logger->set_pattern(
      json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%H:%M:%S.%e %^%-7l%$ %v",
      json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
}

Stopped stop() {
  Sink& mine = sink();
  mine.logger.reset();
  if (!mine.pool) return Stopped::written;
  auto written = std::make_shared<std::promise<void>>();
  auto outcome = written->get_future();
  // The pool's end waits for its thread, so another one waits for the pool.
  std::thread([pool = std::exchange(mine.pool, nullptr), written]() mutable {
    pool.reset();
    written->set_value();
  }).detach();
  return outcome.wait_for(kStopPatience) == std::future_status::ready ? Stopped::written : Stopped::stuck;
}

std::uint64_t dropped() {
  const auto& pool = sink().pool;
  return pool ? pool->overrun_counter() : 0;
}

bool enabled(Level level) {
  const auto& logger = sink().logger;
  return logger ? logger->should_log(to_spdlog(level)) : level >= Level::warning;
}

void write(Level level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  const Sink& mine = sink();
  const std::string line = format_fields(mine.format, event, fields);
  if (mine.logger) {
    mine.logger->log(to_spdlog(level), spdlog::string_view_t(line));
  } else {
    fmt::print(stderr, "{}\n", line);
  }
}

}  // namespace signalbox::log
