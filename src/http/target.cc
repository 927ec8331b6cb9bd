#include "http/target.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "api/utf8.h"
#include "http/ascii.h"

namespace signalbox::http {
namespace {

bool is_utf8(std::string_view text) {
  api::Utf8Check check;
  return std::ranges::all_of(text, [&](char c) { return check.take(static_cast<unsigned char>(c)); }) &&
         check.between_characters();
}

std::expected<std::string, std::string_view> decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      path.push_back(raw[i]);
      continue;
    }
    const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
    const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
    if (high < 0 || low < 0)
      return std::unexpected("a '%' in the path is not followed by two hexadecimal digits");
    path.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (std::ranges::any_of(path, is_control_character))
    return std::unexpected("the path holds a control character");
  if (!is_utf8(path)) return std::unexpected("the path is not valid UTF-8");
  return path;
}

// Takes "http://host" off the front; nothing if the text is not in absolute form.
std::optional<std::string_view> without_authority(std::string_view raw) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(raw.substr(0, scheme.size()), scheme)) continue;
    raw.remove_prefix(scheme.size());
    return raw.substr(std::min(raw.find_first_of("/?"), raw.size()));
  }
  return std::nullopt;
}

}  // namespace

std::expected<Target, std::string_view> parse_target(std::string_view raw) {
  if (raw == "*") return Target{.path = "*", .query = ""};
  const auto absolute = without_authority(raw);
  if (absolute) raw = *absolute;
  if (raw.contains('#')) return std::unexpected("the request target holds a fragment ('#')");
  const std::size_t question_mark = std::min(raw.find('?'), raw.size());
  const std::string_view raw_path = raw.substr(0, question_mark);
  const std::string_view query = raw.substr(std::min(question_mark + 1, raw.size()));
  if (!absolute && !raw_path.starts_with('/'))
    return std::unexpected("the request target does not start with '/'");
  if (!is_utf8(query)) return std::unexpected("the query is not valid UTF-8");
  auto path = decode_path(raw_path);
  if (!path) return std::unexpected(path.error());
  return Target{.path = path->empty() ? "/" : std::move(*path), .query = std::string(query)};
}

}  // namespace signalbox::http
