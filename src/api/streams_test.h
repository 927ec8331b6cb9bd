// What the tests of answers share: captured and golden streams, feeding an answer, making two streams
// comparable.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "api/answer.h"

namespace signalbox::api::testing {

inline std::string read_golden(const std::string& name) {
  const auto path = std::filesystem::path("tests/golden") / name;  // tests run in the repository's root
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct OwnedEvent {
  std::string name;
  std::string data;

  [[nodiscard]] SseEvent view() const { return {.name = name, .data = data}; }
};

inline std::vector<OwnedEvent> events_of(std::string_view stream) {
  SseReader reader;
  EXPECT_TRUE(reader.feed(stream).has_value());
  std::vector<OwnedEvent> events;
  SseEvent event;
  while (reader.next(event))
    events.push_back({.name = std::string(event.name), .data = std::string(event.data)});
  EXPECT_FALSE(reader.pending());
  return events;
}

// All of the engine's stream through the answer; it must end with the stream, neither before nor never.
inline std::string pass(StreamedAnswer& answer, std::string_view engine_stream) {
  std::string out;
  Ended ended = Ended::no;
  for (const auto& event : events_of(engine_stream)) {
    EXPECT_EQ(ended, Ended::no) << "ended before " << event.data;
    const auto step = answer.engine_event(event.view(), out);
    if (!step) {
      ADD_FAILURE() << step.error().message << ": " << event.data;
      return out;
    }
    ended = *step;
  }
  EXPECT_EQ(ended, Ended::yes);
  return out;
}

inline std::string collect(WholeAnswer& answer, std::string_view engine_stream) {
  Ended ended = Ended::no;
  for (const auto& event : events_of(engine_stream)) {
    EXPECT_EQ(ended, Ended::no) << "ended before " << event.data;
    const auto step = answer.engine_event(event.view());
    if (!step) {
      ADD_FAILURE() << step.error().message << ": " << event.data;
      return {};
    }
    ended = *step;
  }
  EXPECT_EQ(ended, Ended::yes);
  return answer.body();
}

inline std::string replace_all(const std::string& text, const std::string& pattern, const std::string& by) {
  return std::regex_replace(text, std::regex(pattern), by);
}

// A waiting stream of ours with the golden files' placeholders.
inline std::string with_placeholders(std::string text) {
  text = replace_all(text, R"re("((?:waited|eta|switch)_ms)":\d+)re", R"re("$1":{{ms}})re");
  text = replace_all(text, R"re("(created|created_at)":\d+)re", R"re("$1":{{created}})re");
  return replace_all(text, R"re("id":"(chatcmpl-|cmpl-|resp_)[^"]*")re", R"re("id":"$1{{id}}")re");
}

inline AnswerOptions gemma_options(Route route) {
  return {.route = route, .id = "42", .created = 1764000000, .model = "gemma"};
}

// The walk of the golden files: two places in the queue, loading, starting, processing.
inline std::vector<StatusReport> waiting_walk() {
  StatusReport waiting{.status = Status::waiting_for_model,
                       .model = "gemma",
                       .position = 3,
                       .queue_length = 5,
                       .active_model = "smollm2",
                       .blocking_model = "smollm2",
                       .eta_ms = 4200};
  StatusReport heartbeat = waiting;
  heartbeat.position = 2;
  heartbeat.queue_length = 4;
  heartbeat.waited_ms = 1000;
  StatusReport loading{
      .status = Status::loading, .model = "gemma", .queue_length = 4, .progress = 0.4, .waited_ms = 2300};
  StatusReport starting = loading;
  starting.progress = 1.0;
  const StatusReport processing{
      .status = Status::processing, .model = "gemma", .waited_ms = 5012, .switch_ms = 4180};
  return {waiting, heartbeat, loading, starting, processing};
}

inline std::string walk(StreamedAnswer& answer) {
  std::string out;
  for (const auto& report : waiting_walk()) out += answer.status(report);
  return out;
}

}  // namespace signalbox::api::testing
