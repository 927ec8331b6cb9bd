#include "api/merged_object.h"

#include <algorithm>
#include <utility>

#include "api/json_cursor.h"

namespace signalbox::api {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::string MergedObject::Entry::json() const {
  if (kind == Kind::text) return '"' + body + '"';
  if (kind == Kind::list) return '[' + body + ']';
  return body;
}

MergedObject::Entry MergedObject::make_entry(std::string_view key, std::string_view value) {
  if (is_json_string(value)) {
    return {.key = std::string(key), .kind = Kind::text, .body = std::string(json_string_body(value))};
  }
  if (value.starts_with('[')) {
    return {.key = std::string(key),
            .kind = Kind::list,
            .body = std::string(trim(value.substr(1, value.size() - 2)))};
  }
  return {.key = std::string(key), .kind = Kind::other, .body = std::string(value)};
}

std::size_t MergedObject::replace(std::string_view key, std::string_view value) {
  auto entry = make_entry(key, value);
  const std::size_t bytes = entry.body.size();
  const auto known = std::ranges::find(entries_, key, &Entry::key);
  if (known == entries_.end()) {
    entries_.push_back(std::move(entry));
  } else {
    *known = std::move(entry);
  }
  return bytes;
}

std::size_t MergedObject::merge(std::string_view key, std::string_view value) {
  const auto known = std::ranges::find(entries_, key, &Entry::key);
  if (known == entries_.end()) return replace(key, value);
  if (value == "null") return 0;
  const auto entry = make_entry(key, value);
  if (known->kind != entry.kind || known->kind == Kind::other) return replace(key, value);
  const bool needs_comma = known->kind == Kind::list && !known->body.empty() && !entry.body.empty();
  if (needs_comma) known->body += ',';
  known->body += entry.body;
  return entry.body.size();
}

std::string MergedObject::value(std::string_view key, std::string_view fallback) const {
  const auto known = std::ranges::find(entries_, key, &Entry::key);
  if (known == entries_.end() || (known->kind == Kind::other && known->body == "null")) {
    return std::string(fallback);
  }
  return known->json();
}

void MergedObject::append_others(std::string& out, const std::vector<std::string_view>& except) const {
  for (const Entry& entry : entries_) {
    if (std::ranges::find(except, entry.key) != except.end()) continue;
    out.append(",\"").append(entry.key).append("\":").append(entry.json());
  }
}

}  // namespace signalbox::api
