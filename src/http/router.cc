#include "http/router.h"

#include <algorithm>
#include <utility>

namespace signalbox::http {
namespace {

// How well a route's path fits: 0 not at all, the whole length and one more for an exact path, the length
// before the star for a wildcard. The highest wins.
std::size_t fit(std::string_view route, std::string_view path) {
  if (!route.ends_with("/*")) return route == path ? route.size() + 1 : 0;
  const std::string_view before_star = route.substr(0, route.size() - 1);
  return path.size() > before_star.size() && path.starts_with(before_star) ? before_star.size() : 0;
}

void append_method(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method;
}

}  // namespace

void Router::add(std::string method, std::string path, Handler handler) {
  entries_.push_back({.method = std::move(method), .path = std::move(path), .handler = std::move(handler)});
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  std::size_t best = 0;
  for (const Entry& entry : entries_) best = std::max(best, fit(entry.path, path));
  if (best == 0) return NotFound{};
  // HEAD is GET without the body, so a route for GET serves both.
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::string allow;
  for (const Entry& entry : entries_) {
    if (fit(entry.path, path) != best) continue;
    if (entry.method == wanted) return Found{.handler = &entry.handler};
    append_method(allow, entry.method);
    if (entry.method == "GET") append_method(allow, "HEAD");
  }
  return WrongMethod{.allow = std::move(allow)};
}

}  // namespace signalbox::http
