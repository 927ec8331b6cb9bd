// One HTTP/1.1 exchange with an engine over a connection of its own: request out, head in, body in pieces.
// The only place that knows Beast. Used by EngineUpstream for clients' requests and by EngineLife for its own
// questions.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "base/time.h"
#include "engine/engine_addresses.h"
#include "ports/upstream.h"

namespace signalbox::engine {

// Loop thread only. Order of calls: exchange once, then read until it is empty or fails. Every wait ends at
// its deadline (`timeout`), by close() or by cancellation of the awaiting coroutine (`cancelled`), or because
// the engine closed the connection (`closed`).
class EngineConnection {
 public:
  static constexpr std::size_t kHeadBytesMax = std::size_t{32} * 1024;
  static constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

  // The clock outlives the connection.
  [[nodiscard]] static std::shared_ptr<EngineConnection> make(const boost::asio::any_io_executor& loop,
                                                              const Clock& clock);
  virtual ~EngineConnection() = default;
  EngineConnection(const EngineConnection&) = delete;
  EngineConnection& operator=(const EngineConnection&) = delete;

  // Sends the request and returns the head of the answer, which may come before the request is out. `invalid`
  // for a target or header that would not be one line.
  virtual boost::asio::awaitable<Result<UpstreamHead>> exchange(EngineAddress address,
                                                                UpstreamRequest request,
                                                                TimePoint deadline) = 0;
  // The next bytes of the body, valid until the next call; empty at its end.
  virtual boost::asio::awaitable<Result<std::string_view>> read(TimePoint deadline) = 0;
  // May be called at any time and more than once.
  virtual void close() = 0;

 protected:
  EngineConnection() = default;
};

struct SmallAnswer {
  unsigned status = 0;
  std::string body;
};

// The whole answer to a question. `limit` if its body is longer than kSmallAnswerBytesMax.
inline constexpr std::size_t kSmallAnswerBytesMax = std::size_t{4} * 1024 * 1024;
boost::asio::awaitable<Result<SmallAnswer>> exchange_small(std::shared_ptr<EngineConnection> connection,
                                                           EngineAddress address, UpstreamRequest request,
                                                           TimePoint deadline);
// The same for GET `target`.
boost::asio::awaitable<Result<SmallAnswer>> get(std::shared_ptr<EngineConnection> connection,
                                                EngineAddress address, std::string target,
                                                TimePoint deadline);

}  // namespace signalbox::engine
