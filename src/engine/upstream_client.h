// The way to the running engine for clients' requests: one connection a request, closed to cancel. Implements
// the port; the launcher writes into `addresses` where each engine listens. Does not start engines and
// retries nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "engine/engine_addresses.h"
#include "engine/engine_connection.h"
#include "engine/kv_carry.h"
#include "engine/token_pace.h"
#include "ports/upstream.h"

namespace signalbox::engine {

// Loop thread only. Clock and addresses outlive it and its streams.
class EngineUpstream final : public Upstream {
 public:
  // More than any engine has slots, and its questions.
  static constexpr std::size_t kConnectionsMax = 1024;

  // `carry`: null where requests take whatever slot the engine gives them. `pace`: is told of each piece of
  // each streamed answer, and outlives the streams; null where nobody asks for it.
  EngineUpstream(boost::asio::any_io_executor loop, const Clock& clock, const EngineAddresses& addresses,
                 std::shared_ptr<KvCarry> carry = nullptr, TokenPace* pace = nullptr)
      : loop_(std::move(loop)), clock_(clock), addresses_(addresses), carry_(std::move(carry)), pace_(pace) {}
  ~EngineUpstream() override;
  EngineUpstream(const EngineUpstream&) = delete;
  EngineUpstream& operator=(const EngineUpstream&) = delete;

  boost::asio::awaitable<Result<std::unique_ptr<UpstreamStream>>> open(Epoch epoch, UpstreamRequest request,
                                                                       TimePoint deadline) override;
  boost::asio::awaitable<Result<std::uint32_t>> busy_slots(Epoch epoch, TimePoint deadline) override;
  void close_all(Epoch epoch) override;

 private:
  struct Known {
    Epoch epoch;
    std::weak_ptr<EngineConnection> connection;
  };
  Result<std::shared_ptr<EngineConnection>> connect(Epoch epoch);

  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  const EngineAddresses& addresses_;
  std::shared_ptr<KvCarry> carry_;
  TokenPace* pace_;
  std::vector<Known> known_;
};

}  // namespace signalbox::engine
