// Walks over the members of one JSON object, or the elements of one array, without building anything: what it
// gives are views into the text. It checks the outline (quotes, brackets, commas), not every number; values
// are skipped, at any depth, without recursion. For the chunks of an engine; request bodies have a scan of
// their own.
#pragma once

#include <cstddef>
#include <string_view>

namespace signalbox::api {

struct JsonMember {
  std::string_view key;    // between its quotes, escapes as they stand; empty for an element of an array
  std::string_view value;  // without the white space around it
  std::size_t begin = 0;   // where key or element begins in the text, and where the value ends
  std::size_t end = 0;
};

class JsonCursor {
 public:
  enum class Of { object, array };

  // `text` is the whole object or array; it must outlive the cursor.
  JsonCursor(Of kind, std::string_view text);

  // The next member. False at the end, and for good at the first error.
  [[nodiscard]] bool next(JsonMember& member);
  // After next() was false: whether the text was one whole object or array with nothing but white space
  // around it.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void skip_space();
  [[nodiscard]] bool take(char expected);
  [[nodiscard]] bool read_key(JsonMember& member);

  std::string_view text_;
  std::size_t at_ = 0;
  Of kind_;
  bool first_ = true;
  bool over_ = false;
  bool complete_ = false;
};

// One member of an object by its key: an empty view if it is not there or `object` is none.
[[nodiscard]] std::string_view json_member(std::string_view object, std::string_view key);

[[nodiscard]] constexpr bool is_json_string(std::string_view value) {
  return value.starts_with('"');
}
// A string's text between its quotes, escapes as they stand.
[[nodiscard]] constexpr std::string_view json_string_body(std::string_view quoted) {
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace signalbox::api
