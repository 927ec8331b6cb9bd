// The events of a text/event-stream answer with their times of arrival, and what a chat client makes of them.
// For tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "support/http_client.h"

namespace signalbox::test {

struct Event {
  std::string name;     // of the `event:` line
  std::string data;     // of the `data:` line
  std::string comment;  // of a line that begins with ':'
  std::string raw;      // all of it, the blank line included
  TimePoint arrived;

  [[nodiscard]] boost::json::object json() const;
  // The status in the event's metadata; empty if it carries none.
  [[nodiscard]] std::string status(std::string_view metadata_field = "candle_metadata") const;
  // The metadata itself; empty if there is none.
  [[nodiscard]] boost::json::object metadata(std::string_view metadata_field = "candle_metadata") const;
};

enum class End { open, clean, cut };

// Owns the connection of one streamed answer. Reads the head when first asked for anything.
class EventStream {
 public:
  explicit EventStream(Connection connection) : connection_(std::move(connection)) {}

  // Throws if the answer is not a stream.
  const Reply& head(Duration within = kPatience);
  // None at the end of the body.
  std::optional<Event> next(Duration within = kPatience);
  // Skips events until this one, which it returns; throws at the end.
  Event next_status(std::string_view status, Duration within = kPatience);
  // Everything to the end.
  std::vector<Event> rest(Duration within = kPatience);
  // Clean: the last chunk of the body came. Cut: the connection ended without it.
  [[nodiscard]] End end() const { return end_; }
  // The body so far, without the framing of chunks.
  [[nodiscard]] const std::string& raw() const { return raw_; }
  Connection& connection() { return connection_; }

 private:
  void take_chunks();
  [[nodiscard]] std::optional<Event> take_event();

  Connection connection_;
  std::optional<Reply> head_;
  std::string raw_;
  std::size_t parsed_ = 0;
  End end_ = End::open;
};

// What a chat client that adds up deltas ends with.
struct ChatTranscript {
  std::string words;                  // content of status chunks
  std::string text;                   // content of the engine's chunks
  std::vector<std::string> statuses;  // each change once
  std::vector<std::string> ids;       // each different one once
  std::vector<std::string> models;
  std::vector<std::string> finish_reasons;
  int roles = 0;
  int chunks = 0;     // of the engine
  bool done = false;  // [DONE] came
  std::optional<boost::json::object> error;
  std::optional<boost::json::object> usage;
};

[[nodiscard]] ChatTranscript transcript_of(const std::vector<Event>& events,
                                           std::string_view metadata_field = "candle_metadata");

}  // namespace signalbox::test
