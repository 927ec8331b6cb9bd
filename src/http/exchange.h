// One request and its answer on one connection, as the routes see it. server.cc makes them; routes never see
// Beast.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api/error.h"
#include "base/result.h"
#include "http/key_rules.h"

namespace signalbox::http {

using Header = std::pair<std::string, std::string>;

struct RequestHead {
  std::string method;      // "GET"
  std::string path;        // percent-decoded, without the query; "/v1/models/a/b" for an id that holds a '/'
  std::string query;       // raw, without '?'
  std::string request_id;  // the client's X-Request-Id if it is proper, else ours
  // The first header of this name, case-insensitive; none if absent.
  std::function<std::optional<std::string_view>(std::string_view name)> header;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<api::ErrorKind> error = std::nullopt;  // the row it was made of, for the metrics
  std::vector<Header> headers;  // besides Content-Type, Content-Length, X-Request-Id, Connection, Date
};

[[nodiscard]] Response error_response(const api::ApiError& error);

// A whole body, contiguous, kept alive by `owner`.
struct Body {
  std::shared_ptr<const void> owner;
  std::string_view bytes;
};

// Gets the body's bytes as they arrive; an error ends the reading and becomes the answer.
using BodySink = std::function<std::expected<void, api::ApiError>(std::string_view bytes)>;

// Loop thread only; lives until its route's coroutine returns. Exactly one of `respond` or `start_stream` …
// `finish_stream` is called. Errors of the write functions mean that the client is gone or stalled: the
// route cleans up and returns; nothing more can be said to this client.
class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual const RequestHead& head() const = 0;
  [[nodiscard]] virtual const KeyRules& key_rules() const = 0;

  // Reads the whole body, honouring max_body_bytes, body_timeout and Expect: 100-continue. The error is ready
  // to be answered (400, 408, 413); `closed` connections end as ErrorKind::request_timeout with nobody to
  // read it.
  virtual boost::asio::awaitable<std::expected<Body, api::ApiError>> read_body(BodySink sink) = 0;

  // From now on the connection is watched for EOF or reset (a half-close counts as gone); `gone` runs once,
  // on the loop, at once when that happens. Pipelined bytes are kept, up to one header limit. Called after
  // read_body.
  virtual void watch_client(std::function<void()> gone) = 0;
  [[nodiscard]] virtual bool client_gone() const = 0;

  virtual boost::asio::awaitable<Result<void>> respond(Response response) = 0;

  // The head of a text/event-stream answer, chunked (HTTP/1.0: until close), with Cache-Control: no-cache and
  // X-Accel-Buffering: no.
  virtual boost::asio::awaitable<Result<void>> start_stream(std::vector<Header> headers) = 0;
  // All of `bytes`, or an error after client_stall_timeout without progress (`timeout`) or at a lost
  // connection (`closed`).
  virtual boost::asio::awaitable<Result<void>> write(std::string bytes) = 0;
  virtual boost::asio::awaitable<Result<void>> finish_stream() = 0;
};

using Handler = std::function<boost::asio::awaitable<void>(std::shared_ptr<Exchange> exchange)>;

}  // namespace signalbox::http
