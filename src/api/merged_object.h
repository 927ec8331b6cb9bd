// A JSON object put together from the pieces that come in a stream's deltas, as the official clients do it:
// strings and lists grow, everything else is replaced. One level; what is nested deeper is merged by its
// owner. For WholeAnswer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::api {

class MergedObject {
 public:
  // A further value for this key. Null adds nothing to what is there. The bytes that are held more than
  // before.
  std::size_t merge(std::string_view key, std::string_view value);
  // Instead of what is there.
  std::size_t replace(std::string_view key, std::string_view value);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // The value as JSON; `fallback` if it is missing or null.
  [[nodiscard]] std::string value(std::string_view key, std::string_view fallback) const;
  // The rest: each member but those in `except`, with a comma before it.
  void append_others(std::string& out, const std::vector<std::string_view>& except) const;

 private:
  enum class Kind { text, list, other };
  struct Entry {
    std::string key;
    Kind kind = Kind::other;
    std::string body;  // without quotes or brackets

    [[nodiscard]] std::string json() const;
  };

  [[nodiscard]] static Entry make_entry(std::string_view key, std::string_view value);

  std::vector<Entry> entries_;
};

}  // namespace signalbox::api
