// The shell around the scheduler: turns what clients and engines do into events, hands them to Scheduler::step one at a
// time, and obeys the commands. Owns the one timer. The only place where scheduling decisions meet the world.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "ports/engine_launcher.h"
#include "ports/upstream.h"
#include "sched/scheduler.h"

namespace signalbox::control {

struct Options {
  sched::Options scheduling;
  std::vector<std::string> model_names;  // for the log, in the order of scheduling.models
};

class Loop;

// What a waiting request is woken for.
struct Started {
  Epoch epoch;
  bool waited = false;
  Duration wait_duration{0};
  Duration switch_duration{0};
};
struct Refused {
  sched::Refusal refusal = sched::Refusal::queue_full;
  Duration retry_after{0};
  std::string detail;
};
struct ClientGone {};
struct HeartbeatDue {};
using Wakeup = std::variant<sched::RequestStatus, Started, Refused, HeartbeatDue, ClientGone>;

// One admitted request, owned by the route that serves it. Destroying it ends the request whatever its state: a waiting
// one leaves its queue at once, a running one gives its places back. Loop thread only.
class Ticket {
 public:
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  [[nodiscard]] RequestId id() const { return id_; }

  // The next thing that happened: status changes in their order (none is skipped), then Started or Refused once;
  // HeartbeatDue when `heartbeat` comes first; ClientGone after client_gone().
  boost::asio::awaitable<Wakeup> next(TimePoint heartbeat);
  // The present status, for a heartbeat. None once it runs or has ended.
  [[nodiscard]] std::optional<sched::RequestStatus> status() const;

  // To be called when the connection closes: wakes `next`, and aborts the upstream stream.
  void client_gone();
  [[nodiscard]] bool gone() const { return gone_; }

  // Once after Started: sends the request to the engine. The stream is the ticket's, valid as long as it is.
  boost::asio::awaitable<Result<UpstreamStream*>> open(UpstreamRequest request, TimePoint deadline);
  // Why the scheduler ended this running request; none while it has not. Read it when the stream fails.
  [[nodiscard]] const std::optional<sched::AbortRequest>& aborted() const { return aborted_; }
  // The answer is over. `answered` only when the engine's terminator and the end of its body were seen.
  void close(sched::Closing closing);

 private:
  friend class Loop;
  Ticket(std::shared_ptr<Loop> loop, RequestId id, std::uint32_t places);
  void push(Wakeup wakeup);
  void wake();

  std::shared_ptr<Loop> loop_;
  RequestId id_;
  std::uint32_t places_;
  std::deque<Wakeup> wakeups_;
  std::function<void()> waiting_;  // resumes `next`
  std::unique_ptr<UpstreamStream> stream_;
  std::function<void()> cancel_open_;
  std::optional<sched::AbortRequest> aborted_;
  Epoch epoch_;
  bool running_ = false;
  bool ended_ = false;
  bool gone_ = false;
};

}  // namespace signalbox::control
