// One admitted request, as the route that serves it sees it: what it is woken for while it waits, and the
// engine's stream once it runs. Made by Control::admit.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "control/heartbeats.h"
#include "ports/upstream.h"
#include "sched/command.h"
#include "sched/event.h"
#include "sched/view.h"

namespace signalbox::control {

class Control;
struct Admission;

// It may run now, on the engine of this epoch.
struct Started {
  Epoch epoch;
  bool waited = false;
  Duration wait_duration{0};
  Duration switch_duration{0};
  std::optional<Duration> estimate{};  // of the wait, as told first; none: it did not wait, or unknown then
};
struct Refused {
  sched::Refusal refusal = sched::Refusal::queue_full;
  Duration retry_after{0};
  std::string detail;
};
struct ClientGone {};
struct HeartbeatDue {};
// Its engine died or hung before its client had a byte of the answer: it waits again, once.
struct Requeued {
  std::string detail;
};
using Wakeup = std::variant<sched::RequestStatus, Started, Refused, HeartbeatDue, ClientGone>;

// Owned by its route; destroying it ends the request whatever its state: a waiting one leaves its queue at
// once, a running one gives its places back. Loop thread only. Outlived by its Control.
class Ticket {
 public:
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  [[nodiscard]] RequestId id() const { return id_; }

  // From now on `next` also returns HeartbeatDue, at the server's interval, while the request waits.
  void want_heartbeats();
  // The next thing that happened: changes of status in their order, then Started or Refused, once for each
  // time that it waits; ClientGone after client_gone(). A heartbeat that falls due while nobody awaits `next`
  // is left out: its client is being told something already.
  boost::asio::awaitable<Wakeup> next();
  // The present status, for a heartbeat. None once it runs or has ended.
  [[nodiscard]] std::optional<sched::RequestStatus> status() const;

  // To be called when the client's connection closes: wakes `next`, closes the engine's stream.
  void client_gone();
  [[nodiscard]] bool gone() const { return gone_; }

  // Once after each Started: sends the request to the engine and waits for the head of its answer. The stream
  // belongs to the ticket, is closed by `close` and `end_run` and lives until the next `open`.
  boost::asio::awaitable<Result<UpstreamStream*>> open(UpstreamRequest request, TimePoint deadline);
  // To be called before each part of the answer goes to the client; from the first one on there is no second
  // run. False: this run is over before that, and nothing of it may be sent; `end_run` says what comes now.
  [[nodiscard]] bool begin_answer();
  // Whether the request may be needed once more, or is going to be: put back while its route had yet to look.
  [[nodiscard]] bool may_run_again() const;
  // The engine failed this run, or its answer cannot be passed on. None: the request is over, see `aborted`
  // and `gone`. If the engine failed it before the first byte, returns when it is known what becomes of the
  // engine; the scheduler's release_timeout bounds that.
  boost::asio::awaitable<std::optional<Requeued>> end_run(sched::Closing closing);
  // Set once the scheduler has ended this running request; look at it when the stream fails.
  [[nodiscard]] const std::optional<sched::AbortRequest>& aborted() const { return aborted_; }
  // The answer is over: `answered` only when the engine's terminator was seen. Without it the destructor says
  // `cut`. With the number of tokens the engine made, where it is known.
  void close(sched::Closing closing, std::optional<std::uint32_t> tokens = std::nullopt);

 private:
  friend class Control;
  friend class Heartbeats;
  // Between a status and the next look of its route more may happen than need be told one by one.
  static constexpr std::size_t kWakeupsMax = 32;

  // Lost: the scheduler's running one, but its answer will not come.
  enum class Phase { waiting, running, lost, ended };

  Ticket(Control& control, RequestId id, const Admission& admission);
  void push(Wakeup wakeup);
  // Only if it is another step than the last one.
  void push_status(const sched::RequestStatus& status);
  void beat();
  void abort(const sched::AbortRequest& abort);
  void requeue(const sched::RequeueRequest& requeue);
  // Its answer was lost, but the engine lives on.
  void give_up();
  void cancel_stream();

  Control& control_;
  RequestId id_;
  ModelIndex model_;
  sched::ServiceClass service_class_;
  std::uint32_t places_;
  bool is_streamed_;
  TimePoint arrived_at_;
  Phase phase_ = Phase::waiting;
  std::deque<Wakeup> wakeups_;
  std::optional<sched::RequestStatus> last_step_;
  std::optional<Duration> first_estimate_;
  std::optional<Heartbeats::Place> place_on_wheel_;
  bool listening_ = false;  // somebody awaits `next`
  bool beat_due_ = false;
  boost::asio::steady_timer wake_timer_;
  boost::asio::cancellation_signal open_cancel_;
  std::unique_ptr<UpstreamStream> stream_;
  std::optional<sched::AbortRequest> aborted_;
  std::optional<Requeued> requeued_;  // and its route does not know yet
  bool answer_began_ = false;
  bool was_requeued_ = false;
  Epoch epoch_;
  TimePoint started_at_;
  Duration prepared_{0};  // its slot, before the request went out
  bool gone_ = false;
};

}  // namespace signalbox::control
