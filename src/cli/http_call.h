// One HTTP request to a running server, and its answer, for the commands. Knows no route. The only file that
// includes Beast is http_call.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/server_address.h"

namespace signalbox::cli {

// Enough for the status of a thousand models.
constexpr std::size_t kAnswerBytesMax = std::size_t{4} * 1024 * 1024;

struct HttpRequest {
  enum class Method { get, post };
  Method method = Method::get;
  std::string target;
  std::string json_body;
  Duration timeout = std::chrono::seconds(10);  // for all of it, a name's resolution aside
  // If set, it gets the pieces of a 200's body as they come, whatever their sum, and the answer's body stays
  // empty.
  std::function<void(std::string_view piece)> on_body{};
  // What the timeout of a call with on_body is for: how long nothing may come, or all of it.
  enum class Limit { silence, whole };
  Limit limit = Limit::silence;
  // Besides Host, which they may replace, and the API key.
  std::vector<std::pair<std::string, std::string>> headers{};
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// A request under way, on a loop of its own that runs only inside run_for.
class HttpCall {
 public:
  HttpCall(const ServerAddress& address, const HttpRequest& request);
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;
  ~HttpCall();

  enum class Progress { under_way, over };
  // Blocks until the call is over, but no longer than that.
  [[nodiscard]] Progress run_for(Duration time);
  // Once it is over. not_found: nobody listens there.
  [[nodiscard]] Result<HttpAnswer> answer() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

// The same in one go; blocks for request.timeout at most.
[[nodiscard]] Result<HttpAnswer> http_call(const ServerAddress& address, const HttpRequest& request);

// Requests that are under way together, on one loop that runs only inside run_for. The caller bounds them.
class HttpCalls {
 public:
  // Called inside run_for, once for each call that is over; it may not start another.
  using OnOver = std::function<void(const Result<HttpAnswer>& answer)>;

  HttpCalls();
  HttpCalls(const HttpCalls&) = delete;
  HttpCalls& operator=(const HttpCalls&) = delete;
  ~HttpCalls();  // breaks off those that are under way

  void start(const ServerAddress& address, const HttpRequest& request, OnOver on_over);
  [[nodiscard]] std::size_t under_way() const;
  // Blocks for that time, or until nothing is under way.
  void run_for(Duration time);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace signalbox::cli
