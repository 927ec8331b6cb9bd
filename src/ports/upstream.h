// A request to the running engine and its answer as it arrives. engine/ implements it over HTTP; tests fake
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/id.h"
#include "base/result.h"
#include "base/rope.h"
#include "base/time.h"

namespace signalbox {

// What an engine is given to go on with, as far as that shows which conversation it is.
struct Prompt {
  std::shared_ptr<const void> owner{};  // keeps the texts alive
  std::string_view tools{};             // raw JSON, as the client sent it; empty if there are none
  std::string_view lora{};              // likewise: the adapters
  std::string_view text{};              // likewise: the messages, the prompt
  bool fills_one_slot = true;           // false: several sequences, or a slot that the client chose
};

struct UpstreamRequest {
  std::string method = "POST";
  std::string target;  // "/v1/chat/completions"
  std::vector<std::pair<std::string, std::string>>
      headers{};  // besides Host, Content-Length and Content-Type: json
  Rope body{};
  Prompt prompt{};
};

struct UpstreamHead {
  unsigned status = 0;
  std::string content_type;
  Duration prepared{0};  // what finding a slot for the request, and bringing what belongs there, took before
};

// One answer. Loop thread only. Destroying or closing it closes the connection, which is how the engine
// learns of a cancel. One read at a time; `close` may be called while a read waits, which then fails with
// `cancelled`.
class UpstreamStream {
 public:
  virtual ~UpstreamStream() = default;
  [[nodiscard]] virtual const UpstreamHead& head() const = 0;
  // The next bytes of the body, valid until the next call; empty at its proper end. Errors: `closed` when the
  // engine ended the connection before the body's end, `timeout` when the deadline passed, `cancelled`.
  virtual boost::asio::awaitable<Result<std::string_view>> read(TimePoint deadline) = 0;
  virtual void close() = 0;
};

// Loop thread only.
class Upstream {
 public:
  virtual ~Upstream() = default;
  // Sends the request to the engine of this epoch and waits for the head of its answer. `closed` or
  // `not_found` when that engine is gone, `timeout` after the deadline. To cancel, use Asio's per-operation
  // cancellation (terminal) of the awaiting coroutine, or `close_all`.
  virtual boost::asio::awaitable<Result<std::unique_ptr<UpstreamStream>>> open(Epoch epoch,
                                                                               UpstreamRequest request,
                                                                               TimePoint deadline) = 0;
  // How many of the engine's slots work at the moment (`GET /slots`). `invalid` if this engine cannot say.
  virtual boost::asio::awaitable<Result<std::uint32_t>> busy_slots(Epoch epoch, TimePoint deadline) = 0;
  // Closes every connection to this engine; what waits on them ends with `cancelled`.
  virtual void close_all(Epoch epoch) = 0;
};

}  // namespace signalbox
