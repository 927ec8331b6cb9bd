// Which handler answers which method and path. Wrong method: 405 with Allow; unknown path: 404. HEAD is
// answered as GET without a body, OPTIONS with Allow.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/exchange.h"

namespace signalbox::http {

class Router {
 public:
  // `path` is exact ("/v1/models/status"), or ends in "/*" and then matches everything longer than what
  // stands before the star ("/v1/models/*"); exact paths win.
  void add(std::string method, std::string path, Handler handler);

  struct Found {
    const Handler* handler;
  };
  struct WrongMethod {
    std::string allow;  // "GET, HEAD"
  };
  struct NotFound {};
  using Match = std::variant<Found, WrongMethod, NotFound>;
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

 private:
  struct Entry {
    std::string method;
    std::string path;
    Handler handler;
  };
  std::vector<Entry> entries_;
};

}  // namespace signalbox::http
