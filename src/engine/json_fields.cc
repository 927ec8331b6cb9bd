#include "engine/json_fields.h"

#include <boost/json/parse.hpp>

namespace signalbox::engine {

namespace {
constexpr std::size_t kDepthMax = 64;
}

std::optional<boost::json::value> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  options.allow_invalid_utf8 = true;  // a token of half a character may stand in /props
  boost::system::error_code error;
  auto parsed = boost::json::parse(text, error, {}, options);
  if (error) return std::nullopt;
  return parsed;
}

const boost::json::value* find_field(const boost::json::value& from,
                                     std::initializer_list<std::string_view> path) {
  const auto* value = &from;
  for (const auto key : path) {
    const auto* object = value->if_object();
    value = object == nullptr ? nullptr : object->if_contains(key);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::optional<std::uint64_t> find_count(const boost::json::value& from,
                                        std::initializer_list<std::string_view> path) {
  const auto* value = find_field(from, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto count = value->to_number<std::uint64_t>(error);
  if (error) return std::nullopt;
  return count;
}

}  // namespace signalbox::engine
