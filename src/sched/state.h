// Everything the scheduler remembers, and the handlers that change it. Not for others: scheduler.h is the
// interface. The handlers stand in several files: state.cc (step, pump, deadlines), admission.cc (requests),
// dispatch.cc (who starts), engine_news.cc, switching.cc (starting, stopping), overlap.cc (the next engine
// beside the present one), choosing.cc (which model next, and what it costs), select.cc (operator),
// wait_estimate.cc, view.cc (what is shown), fingerprint.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sched/backlog.h"
#include "sched/engine_fsm.h"
#include "sched/estimates.h"
#include "sched/policy.h"
#include "sched/quarantine.h"
#include "sched/requests.h"
#include "sched/scheduler.h"

namespace signalbox::sched {

enum class KillCause { load_timed_out, load_abandoned, hung, would_not_stop, shutting_down, not_next };

// An engine: the present one, or its successor. Everything but `fsm` means something only while the state is
// not `none`.
struct Engine {
  EngineFsm fsm;
  ModelIndex model;
  Epoch epoch;
  std::optional<TimePoint> deadline;  // loading: of the next progress; stopping, killing: to kill (again)
  TimePoint start_told;
  std::optional<std::uint32_t> progress_thousandths;
  std::optional<TimePoint> ready_seen;
  std::uint32_t slots = 1;        // as it reported them, from ready on
  std::uint32_t places = 0;       // from ready on
  Visit visit;                    // from ready on
  std::uint64_t serve_up_to = 0;  // draining: who was admitted up to this number is still served (rule 4c)
  KillCause kill_cause = KillCause::hung;  // killing
  bool owes_jitter = false;  // the clock found its failure; the random number comes with the exit
};

// From the gate's closing (or, without an engine, from the choice) to ready or failure. While draining there
// is always one, unless the server shuts down.
struct Switch {
  std::optional<ModelIndex> from;
  ModelIndex to;
  Cause cause = Cause::waiters;
  TimePoint began;
  std::optional<TimePoint> stop_told{};
  std::optional<TimePoint> exit_seen{};
  bool file_is_good = false;
  bool memory_was_asked = false;  // once, whatever the answer
};

// What to load next when there is no engine.
struct Choice {
  ModelIndex to;
  Cause cause = Cause::waiters;
};

struct FileCheck {
  ModelIndex model;
  TimePoint deadline;
};

// What is remembered of a model from one load to the next.
struct ModelRecord {
  Quarantine quarantine;
  std::optional<std::uint32_t> slots;  // as its engine reported them last
  std::optional<Duration> last_load;
  std::uint64_t loads = 0;
  std::optional<std::string> last_error;
  std::uint32_t early_deaths = 0;       // in a row, each within kProven of ready
  std::uint32_t waiters_left = 0;       // disconnected, since the switch to it began
  std::uint32_t waiters_timed_out = 0;  // likewise
  bool check_is_out = false;            // CheckModelFile was given and not answered yet
};

// After this long ready a model has proved itself (rules 10 and 11).
inline constexpr Duration kProven = std::chrono::seconds(60);
inline constexpr std::uint32_t kEarlyDeathsMax = 3;
// What a client is told to wait when nothing better is known: the last load, within these.
inline constexpr Duration kUnknownLoad = std::chrono::seconds(5);
inline constexpr Duration kRetryAfterMin = std::chrono::seconds(1);
inline constexpr Duration kRetryAfterMax = std::chrono::seconds(30);
// So many of those who wait are looked at for one whose end is near enough to start while the gate is closed.
inline constexpr std::uint32_t kBackfillLooksMax = 256;

class Scheduler::State {
 public:
  explicit State(Options options);

  Commands step(const Event& event, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  [[nodiscard]] std::optional<RequestStatus> status_of(RequestId request, TimePoint now) const;
  [[nodiscard]] Snapshot snapshot(TimePoint now) const;
  [[nodiscard]] Duration retry_after(ModelIndex model) const;
  [[nodiscard]] std::string fingerprint(TimePoint now, Duration age_max) const;

 private:
  // What decides whether StatusChanged is given. `Stage` is what the status of waiting requests hangs on.
  struct Stage {
    EngineState engine = EngineState::none;
    ModelIndex model;
    std::optional<ModelIndex> target;
    std::uint64_t serve_up_to = 0;
    bool load_is_complete = false;  // progress 1000
    friend bool operator==(const Stage&, const Stage&) = default;
  };
  struct Key {
    Stage stage;
    ServerStatus status = ServerStatus::idle;
    std::optional<std::uint32_t> progress_thousandths;
    std::optional<NextEngine> next_engine;
    std::uint32_t running = 0;
    std::uint32_t busy_places = 0;
    std::uint64_t errors_noted = 0;
    std::uint64_t queues = 0;  // revision of their lengths
    std::uint64_t models = 0;  // revision of their loads and quarantines
    friend bool operator==(const Key&, const Key&) = default;
  };

  // state.cc
  void pass_deadlines();
  void pass_request_deadline(RequestId id);
  void pass_engine_deadline();
  void end_quarantines();
  void on(const DeadlinePassed&) {}  // step has dealt with it
  void on(const StopAsked&);
  void on(const OptionsChanged& changed);
  void pump();
  bool advance();  // whether the engine's state changed
  void say_what_changed();

  // admission.cc
  void on(const RequestArrived&);
  void on(const WaiterLeft&);
  void on(const AnswerBegan&);
  void on(const AnswerLost&);
  void on(const RequestClosed&);
  void on(const PlacesFreed&);
  [[nodiscard]] std::optional<RefuseRequest> admission_refusal(const RequestArrived& arrival) const;
  void close(const RequestClosed& closed);
  void note_silence();
  void leave(RequestId id);
  void refuse(RequestId id, Refusal refusal, Duration retry_after, std::string detail);
  void refuse_waiters(ModelIndex model, Refusal refusal, const std::string& detail);

  // dispatch.cc
  void dispatch();
  void serve_queue();
  void backfill();
  [[nodiscard]] const Waiter* first_to_serve() const;
  [[nodiscard]] bool has_room_for(const Request& request) const;
  [[nodiscard]] std::optional<TimePoint> predicted_end(const Request& request) const;
  [[nodiscard]] std::optional<TimePoint> predicted_drain_end() const;
  void start(RequestId id, std::optional<TimePoint> predicted_end);
  void announce_start(const Request& request);
  void abort_running(Abort abort, const std::string& detail);

  // engine_news.cc
  void on(const EngineProgressed&);
  void on(const EngineReady&);
  void on(const EngineExited&);
  void on(const ModelFileChecked&);
  void take_exit(const EngineExited& news);
  void become_ready();
  void measure_load();
  void begin_visit();
  void fail_load(ModelIndex model, const std::string& reason, std::uint32_t jitter_thousandths);
  void fail_check(ModelIndex model, const std::string& reason, std::uint32_t jitter_thousandths);
  void note_death(const std::string& reason, std::uint32_t jitter_thousandths);
  void note_error(ModelIndex model, const std::string& reason);
  void note_visit_length();
  void quarantine(ModelIndex model, std::uint32_t jitter_thousandths);
  void lift_quarantine(ModelIndex model);

  // switching.cc
  bool advance_none();
  bool advance_loading();
  bool advance_ready();
  bool advance_draining();
  [[nodiscard]] std::optional<TimePoint> idle_unload_at() const;
  [[nodiscard]] bool is_wanted(ModelIndex model) const;
  // True if the file is known to be good; else sees to it that it is looked at.
  bool file_is_good(ModelIndex model);
  void begin_switch(std::optional<ModelIndex> from, ModelIndex to, Cause cause);
  void retarget(ModelIndex to, Cause cause);
  void end_switch(SwitchEnd end, const std::string& reason);
  void start_engine(ModelIndex model);
  void stop_engine();
  void kill_engine(KillCause cause, const std::string& reason);
  void hang(const std::string& reason);

  // overlap.cc
  void on(const MemoryChecked&);
  void on(const MemoryShort&);
  void ask_for_memory();
  void start_successor(ModelIndex model);
  void kill_successor(const std::string& reason);
  // Sees to it that only the model that comes next has an engine beside the present one.
  void drop_successor_of_another();
  void pass_successor_deadline();
  // True if the news was the successor's.
  bool successor_progressed(const EngineProgressed& news);
  bool successor_ready(const EngineReady& news);
  bool successor_exited(const EngineExited& news);
  // The present engine is gone: the successor, if there is one, is the engine from now on.
  void promote_successor();

  // choosing.cc
  [[nodiscard]] std::optional<Choice> choice_from_none() const;
  [[nodiscard]] GateFacts gate_facts() const;
  [[nodiscard]] std::optional<Departure> departure() const;
  // During a visit: since when somebody waits to see it end; none: nobody does.
  [[nodiscard]] std::optional<TimePoint> others_wait_since() const;
  // Rule 6, among all models but `except`; none if nobody waits for any of them.
  [[nodiscard]] std::optional<ModelIndex> next_model(std::optional<ModelIndex> except) const;
  [[nodiscard]] ModelIndex worthiest(std::optional<ModelIndex> except) const;
  // max(starvation_limit, T x thousandths); zero: off.
  [[nodiscard]] Duration limit_for(std::uint32_t backlog_thousandths) const;
  // Changeover + tail + waiting x service / workers, with what is unknown left out.
  [[nodiscard]] Duration visit_cost(ModelIndex model) const;
  void account_for(ModelIndex model);
  void settle_backlog();

  // wait_estimate.cc. None: unknown.
  struct Waiting {
    ModelIndex model;
    std::uint64_t number = kAnyNumber;
    std::uint32_t position = 1;
    ServiceClass service_class = ServiceClass::standard;
  };
  [[nodiscard]] std::optional<Duration> estimated_wait(const Waiting& waiting, TimePoint now) const;
  [[nodiscard]] std::optional<Duration> others_before(ModelIndex model, std::uint64_t number,
                                                      std::optional<ModelIndex> counted) const;
  [[nodiscard]] std::optional<Duration> rest_of_visit(TimePoint now) const;
  [[nodiscard]] std::optional<Duration> rest_of_usual_stay(TimePoint now) const;
  [[nodiscard]] std::optional<Duration> rest_of_changeover(TimePoint now) const;
  [[nodiscard]] std::optional<Duration> stay_of(ModelIndex model) const;
  [[nodiscard]] std::optional<Duration> time_to_start(ModelIndex model, std::uint32_t count,
                                                      std::uint32_t free) const;

  // select.cc
  void on(const SelectAsked&);
  SelectOutcome select(ModelIndex model);

  // view.cc
  [[nodiscard]] Key key() const;
  [[nodiscard]] ServerStatus server_status() const;
  [[nodiscard]] ModelStatus model_status(ModelIndex model, TimePoint now) const;
  [[nodiscard]] std::optional<ModelIndex> active_model() const;
  [[nodiscard]] std::optional<ModelIndex> target_model() const;
  [[nodiscard]] std::optional<NextEngine> next_engine() const;
  [[nodiscard]] WaitStatus wait_status(const Request& request) const;

  [[nodiscard]] EngineState engine_state() const { return engine_.fsm.state(); }
  [[nodiscard]] ModelRecord& record(ModelIndex model);
  [[nodiscard]] const ModelRecord& record(ModelIndex model) const;
  [[nodiscard]] const ModelOptions& options_of(ModelIndex model) const;
  [[nodiscard]] std::uint32_t places_of(ModelIndex model) const;
  void emit(Command command) { out_.push_back(std::move(command)); }

  Options options_;
  Requests requests_;
  std::vector<ModelRecord> records_;
  Estimates estimates_;
  Backlog backlog_;
  std::vector<ModelIndex> quarantined_;  // those whose time may not be over
  std::uint64_t models_revision_ = 0;    // loads and quarantines
  Engine engine_;
  std::optional<Engine> successor_;  // loading, ready (it stands by) or killing; only beside an engine
  std::uint64_t last_epoch_ = 0;
  std::optional<Switch> switch_;
  std::optional<FileCheck> check_;
  std::optional<ModelIndex> good_file_;  // found good in this very step
  std::optional<ModelIndex> selected_;   // by an operator, until it is ready or has failed
  std::optional<ModelIndex> default_;    // the default model, until its load begins
  std::optional<ModelIndex> died_;       // the model of the engine that died last, until the next load
  std::optional<RequestId> arriving_;    // in this very step
  bool previous_load_was_abandoned_ = false;
  bool last_life_failed_ = false;  // the last load or engine: without an engine, `error` rather than `idle`
  std::optional<std::string> last_error_;
  std::uint64_t errors_noted_ = 0;
  bool shutting_down_ = false;
  bool stopped_ = false;
  TimePoint grace_ends_;
  TimePoint now_{};
  Key said_;  // as of the last StatusChanged
  Commands out_;
};

}  // namespace signalbox::sched
