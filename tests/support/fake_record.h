// Where the fake engine writes what happened to it, one JSON object a line, so that a test can look
// afterwards. Without a path it writes nothing. Several processes may append to the same file.
#pragma once

#include <string>
#include <string_view>

namespace signalbox::fake {

class Record {
 public:
  explicit Record(std::string path) : path_(std::move(path)) {}

  // {"event":…,"pid":…,MEMBERS}; `members` is JSON without braces, or empty.
  void write(std::string_view event, std::string_view members = "") const;

 private:
  std::string path_;
};

// A JSON string literal.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace signalbox::fake
