// Watches a scheduler from outside and says which promise it breaks: those that hold whatever the policy and
// whatever the world does. Decides nothing and knows no rule for choosing; violations are values, so that a
// failing run can be made short. Told of every step by tests, by chaos.h and by explore.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sched/scheduler.h"
#include "simulate/digest.h"

namespace signalbox::simulate {

// What costs more than a few look-ups: the snapshot after every step or only now and then.
enum class Looks : std::uint8_t { at_every_step, now_and_then };

// A request as the world outside the scheduler knows it.
struct KnownRequest {
  ModelIndex model;
  std::uint32_t places = 1;
  sched::ServiceClass service_class = sched::ServiceClass::standard;
  std::optional<std::uint32_t> tokens_max{};
  TimePoint arrived{};
  std::uint64_t number = 0;                  // order of arrival
  std::optional<TimePoint> patience_ends{};  // waiting, until it is put back
  TimePoint free_by{};                       // releasing, or its answer lost
  bool begun = false;                        // the client has had a byte
  bool lost = false;                         // running: its answer will not come
  bool replayed = false;
  bool broken_off = false;  // releasing or lost: the engine broke the answer off
};

struct KnownEngine {
  ModelIndex model;
  Epoch epoch;
  bool ready = false;
  bool told_to_go = false;
  bool draining = false;
  std::uint32_t slots = 0;          // as it reported them
  std::uint32_t places = 0;         // from ready on
  std::uint64_t present_up_to = 0;  // number of the last request that was there at ready
  std::uint64_t served_up_to = 0;   // draining: later ones wait for the next visit
};

// Copyable; any thread, one at a time.
class Invariants {
 public:
  using Requests = std::map<RequestId, KnownRequest>;
  static constexpr std::size_t kViolationsMax = 8;
  static constexpr std::uint64_t kStepsBetweenLooks = 64;
  // A standard request this much older goes before a priority one.
  static constexpr Duration kPriorityLead = std::chrono::minutes(10);
  // The longest back-off and its jitter (rule 10).
  static constexpr Duration kQuarantineMax = std::chrono::seconds(375);

  explicit Invariants(const sched::Options& options, Looks looks = Looks::at_every_step);

  // After each step, with what it was given and what it answered.
  void look(const sched::Event& event, const sched::Commands& commands, const sched::Scheduler& scheduler,
            TimePoint now);
  // For what only those see who play the world.
  void violate(std::string what);

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] bool everything_has_ended() const { return waiting_.empty() && running_.empty(); }
  [[nodiscard]] const Requests& waiting() const { return waiting_; }
  [[nodiscard]] const Requests& running() const { return running_; }
  [[nodiscard]] const Requests& releasing() const { return releasing_; }
  [[nodiscard]] const std::optional<KnownEngine>& engine() const { return engine_; }
  // The next one, up beside the present one that drains (rule 18).
  [[nodiscard]] const std::optional<KnownEngine>& successor() const { return successor_; }
  // Each question about memory that was not answered yet.
  [[nodiscard]] const std::multiset<ModelIndex>& memory_asked() const { return memory_asked_; }
  [[nodiscard]] const std::set<ModelIndex>& checks_out() const { return checks_out_; }
  [[nodiscard]] std::optional<ModelIndex> selected() const { return selected_; }
  [[nodiscard]] bool stop_asked() const { return stop_asked_; }
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  // Of all commands so far: the same seed must give the same one.
  [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }

 private:
  // Who waits for one model, by number. Those put back after their engine's death stand apart: they have had
  // their turn before.
  struct Line {
    std::array<std::map<std::uint64_t, RequestId>, 3> of_class;
    std::map<std::uint64_t, RequestId> put_back;
  };
  // What came up in the present step.
  struct Step {
    std::optional<RequestId> arrived;
    std::optional<SelectId> asked;
    ModelIndex asked_model;
    std::optional<ModelIndex> lost;             // of a request that was ended although it could be replayed
    std::optional<std::uint64_t> served_up_to;  // of a drain that was called off
    std::optional<ModelIndex> has_room;         // there is memory for its engine beside the present one
    bool memory_short = false;
    bool failed = false;  // a load, a file or an engine
    bool engine_ended = false;
    bool fell_silent = false;  // the engine, to one that ran
    bool told_change = false;
  };

  // invariants.cc: events
  void note(const sched::RequestArrived& event);
  void note(const sched::AnswerBegan& event);
  void note(const sched::AnswerLost& event);
  void note(const sched::WaiterLeft& event);
  void note(const sched::RequestClosed& event);
  void note(const sched::PlacesFreed& event);
  void note(const sched::SelectAsked& event);
  void note(const sched::ModelFileChecked& event);
  void note(const sched::MemoryChecked& event);
  void note(const sched::MemoryShort& event);
  void note(const sched::EngineReady& event);
  void note(const sched::EngineExited& event);
  void note(const sched::OptionsChanged& event);
  void note(const sched::StopAsked& event);
  template <class Other>
  void note(const Other& /*event*/) {}
  void close(RequestId id, sched::Closing closing);
  void open_gate();

  // invariants_commands.cc
  void obey(const sched::StartRequest& command);
  void obey(const sched::RefuseRequest& command);
  void obey(const sched::AbortRequest& command);
  void obey(const sched::RequeueRequest& command);
  void obey(const sched::StartEngine& command);
  void obey(const sched::StopEngine& command);
  void obey(const sched::KillEngine& command);
  void obey(const sched::CheckModelFile& command);
  void obey(const sched::CheckMemory& command);
  void obey(const sched::AnswerSelect& command);
  void obey(const sched::SwitchStarted& command);
  void obey(const sched::SwitchFinished& command);
  void obey(const sched::SwitchFailed& command);
  void obey(const sched::StatusChanged& command);
  void obey(const sched::Stopped& command);
  void close_gate(const std::string& cause);
  void end_switch();

  // invariants_overlap.cc: the engine beside the present one. True if the news or command was its own.
  bool successor_ready(const sched::EngineReady& event);
  bool successor_exited(const sched::EngineExited& event);
  bool successor_killed(const sched::KillEngine& command);
  void start_beside(const sched::StartEngine& command);
  void check_successor(const sched::Scheduler& scheduler, TimePoint now);

  // invariants_order.cc: who may start before whom
  void check_order(const KnownRequest& starting);
  void check_backfill(const KnownRequest& starting);
  void check_own_class(const KnownRequest& starting, const Line& line);
  void check_other_classes(const KnownRequest& starting, const Line& line);
  void promote_flex(TimePoint now);
  void check_places_are_used();

  // invariants_shown.cc: where things stand after the step
  void check_bounds(TimePoint now);
  void check_limits(TimePoint now);
  void check_something_is_pending(const sched::Scheduler& scheduler, TimePoint now);
  void check_shown(const sched::Scheduler& scheduler, TimePoint now);
  void check_shown_model(const sched::Snapshot& shown, ModelIndex model, TimePoint now);
  void check_statuses(const sched::Scheduler& scheduler, TimePoint now);

  void enter(RequestId id, const KnownRequest& request);
  // From waiting. Precondition: it waits.
  KnownRequest take_out(RequestId id);
  [[nodiscard]] Line& line_of(ModelIndex model) { return lines_[to_index(model)]; }

  sched::Options options_;
  Looks looks_;
  Requests waiting_;
  Requests running_;
  Requests releasing_;
  std::vector<Line> lines_;
  std::set<std::pair<TimePoint, RequestId>> patience_;
  std::optional<KnownEngine> engine_;
  std::optional<KnownEngine> successor_;
  std::multiset<ModelIndex> memory_asked_;
  std::set<ModelIndex> checks_out_;
  std::optional<ModelIndex> switch_to_;
  std::optional<ModelIndex> selected_;  // accepted and not there yet
  std::vector<TimePoint> quarantine_ends_;
  std::optional<std::uint64_t> shown_;  // a digest of what was shown last
  TimePoint now_{};
  Epoch last_epoch_;
  std::uint64_t last_number_ = 0;
  std::uint32_t busy_places_ = 0;
  bool stop_asked_ = false;
  bool stopped_ = false;
  Step step_;
  std::uint64_t steps_ = 0;
  Digest digest_;
  std::vector<std::string> violations_;
};

}  // namespace signalbox::simulate
