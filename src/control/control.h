// The shell around the scheduler: turns what clients and engines do into events, hands them to
// Scheduler::step one at a time, and obeys the commands. Owns the one timer. The only place where decisions
// meet the world.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/id.h"
#include "base/time.h"
#include "control/heartbeats.h"
#include "control/place_watch.h"
#include "control/subscription.h"
#include "control/switch_meter.h"
#include "control/switch_story.h"
#include "control/ticket.h"
#include "metrics/metrics.h"
#include "ports/engine_launcher.h"
#include "ports/upstream.h"
#include "sched/scheduler.h"

namespace signalbox::control {

struct Options {
  sched::Options scheduling;
  std::vector<std::string> model_names;  // for the log, in the order of scheduling.models
  Duration heartbeat_interval = std::chrono::seconds(1);
};

struct Admission {
  ModelIndex model;
  std::uint32_t places = 1;
  sched::AnswerMode mode = sched::AnswerMode::streamed;
  sched::ServiceClass service_class = sched::ServiceClass::standard;
  std::optional<std::uint32_t> tokens_max{};
};

// Loop thread only. Outlives its tickets and subscriptions; launcher, upstream and metrics
// outlive it.
class Control final : private EngineObserver {
 public:
  Control(boost::asio::any_io_executor executor, const Clock& clock, EngineLauncher& launcher,
          Upstream& upstream, metrics::Metrics& metrics, Options options);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control() override;

  // After construction, once: loads default_model if there is one.
  void begin();

  [[nodiscard]] std::variant<std::unique_ptr<Ticket>, Refused> admit(const Admission& admission);
  [[nodiscard]] sched::SelectOutcome select(ModelIndex model);
  [[nodiscard]] sched::Snapshot snapshot() const;
  // Seconds since 1970 of a monotonic time, for `switch_requested_at`.
  [[nodiscard]] std::int64_t unix_seconds(TimePoint time) const;
  // What the model's engine said of itself when it was loaded last.
  [[nodiscard]] const std::optional<EngineInfo>& engine_info(ModelIndex model) const;
  // Every change of the snapshot from now on, and perhaps every request that ends.
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(Wanted wanted = Wanted::status);

  // Nothing is admitted any more, what runs may finish within shutdown_grace.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_; }
  // Returns when every request has ended and no engine is left.
  boost::asio::awaitable<void> stopped();

 private:
  friend class Ticket;
  friend class Subscription;
  friend class PlaceWatch;

  void handle(sched::Event event);
  void obey(sched::Command command);
  void obey_start(const sched::StartRequest& start);
  [[nodiscard]] Ticket& ticket_of(RequestId request);
  void obey_engine(const sched::Command& command);
  void end_engine(Epoch epoch);
  void tell_switch(const sched::Command& command);
  void tell_waiters();
  void arm_timer();
  void publish();
  [[nodiscard]] std::uint32_t jitter();

  // Places of running requests that started before this time.
  [[nodiscard]] std::uint32_t running_places(TimePoint started_before) const;
  void forget(const Ticket& ticket);
  void answer_lost(const Ticket& ticket, sched::Closing closing);
  void places_freed(RequestId request);
  void watch_places(const Ticket& ticket);
  void answer_began(const Ticket& ticket);
  void ended(Ticket& ticket, sched::Closing closing, std::optional<std::uint32_t> tokens);
  void tell_finished(const Ticket& ticket);

  void model_file_checked(ModelIndex model, Result<void> outcome) override;
  void memory_checked(ModelIndex model, bool suffices) override;
  void memory_short() override;
  void engine_progressed(Epoch epoch, std::optional<std::uint32_t> progress_thousandths) override;
  void engine_ready(Epoch epoch, EngineInfo info) override;
  void engine_exited(Epoch epoch, EngineExit exit) override;

  struct Engine {
    ModelIndex model;
    bool ending = false;  // told to stop or killed: its places need no watching
  };

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  TimePoint began_;
  EngineLauncher& launcher_;
  Upstream& upstream_;
  std::vector<std::string> names_;
  const sched::Replay replay_;
  sched::Scheduler scheduler_;
  std::vector<std::optional<EngineInfo>> infos_;
  std::deque<sched::Event> mailbox_;
  std::map<RequestId, Ticket*> tickets_;  // waiting and running ones
  std::vector<Subscription*> subscriptions_;
  Heartbeats heartbeats_;
  PlaceWatch place_watch_;
  SwitchStory switch_story_;
  SwitchMeter switch_meter_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer stopped_timer_;
  std::minstd_rand random_;
  std::optional<sched::SelectOutcome> select_outcome_;
  std::map<Epoch, Engine> engines_;           // started, their exit not seen
  std::optional<sched::Snapshot> published_;  // the last one, without its ages
  std::uint64_t last_request_ = 0;
  std::uint64_t last_select_ = 0;
  std::uint64_t last_finished_ = 0;
  bool handling_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace signalbox::control
