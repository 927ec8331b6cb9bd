// A scheduler with a world around it that tests move by verbs: clients a test names, models named "a", "b",
// "c", one engine, a clock. Answers file checks by itself unless told otherwise. The logs are short
// sentences, see World::log.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "sched/audit_test.h"
#include "sched/scheduler.h"
#include "sched/words.h"

namespace signalbox::sched {

using namespace std::chrono_literals;

// `count` models with the built-in defaults and one place each.
[[nodiscard]] Options models(std::uint32_t count);
// The same with costs that stay: changing to a model takes 4 s, a request 2 s, the last ones 1 s to end. A
// visit never pays for its switch, so the gate closes when nothing runs or by the limit.
[[nodiscard]] Options priced_models(std::uint32_t count);

enum class Checks { answered_at_once, by_hand };

struct Ask {
  std::uint32_t places = 1;
  AnswerMode mode = AnswerMode::streamed;
  ServiceClass service_class = ServiceClass::standard;
  std::optional<std::uint32_t> tokens_max{};
};

inline constexpr Ask kPriority{.service_class = ServiceClass::priority};
inline constexpr Ask kFlex{.service_class = ServiceClass::flex};

class World {
 public:
  explicit World(const Options& options, Checks checks = Checks::answered_at_once);

  // Clients.
  void arrive(const std::string& name, std::string_view model, Ask ask = {});
  void leave(const std::string& name);
  void answer(const std::string& name) { close(name, Closing::answered); }
  void answer_with(const std::string& name, std::uint32_t tokens);
  void begin_answer(const std::string& name);
  void lose_answer(const std::string& name, Closing closing);
  void close(const std::string& name, Closing closing);
  void free_places(const std::string& name);
  void select(std::string_view model);
  // Model files. `break_file` holds for every later check of that model.
  void break_file(std::string_view model, const std::string& problem) { broken_[model_of(model)] = problem; }
  void mend_file(std::string_view model) { broken_.erase(model_of(model)); }
  void file_turns_out_good(std::string_view model);
  void file_turns_out_bad(std::string_view model, const std::string& problem, std::uint32_t jitter = 0);
  // Room for another engine (rule 18).
  void memory_suffices_for(std::string_view model);
  void memory_does_not_suffice_for(std::string_view model);
  void memory_runs_short() { step(MemoryShort{}); }
  // The engine of the last start; `_of` ones carry an older epoch.
  void engine_progresses(std::optional<std::uint32_t> thousandths);
  void engine_becomes_ready(std::uint32_t slots = 100);
  void engine_exits(const std::string& reason = "it exited", std::uint32_t jitter = 0);
  // The one that was started last for this model.
  void engine_exits_of(std::string_view model, const std::string& reason = "it exited");
  void late_ready_of(Epoch epoch);
  void late_exit_of(Epoch epoch);
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  // Time passes; deadlines come when they are due.
  void advance(Duration duration);
  // Time passes, but the shell is late: no deadline is told before the next event.
  void oversleep(Duration duration) { now_ += duration; }
  void stop();
  void change_options(const Options& options);
  // Nothing happens, but the scheduler is asked.
  void poke() { step(DeadlinePassed{}); }

  // One request for `model` comes and goes, with a load of that length before if it is not active; the log
  // forgets it.
  void have_loaded(std::string_view model, Duration load = 1s);

  // Since the last call: "start r1", "start r1 at once", "refuse r1: queue_full", "abort r1: engine_died",
  // "check b" (by hand only), "memory for b?", "load b", "load b beside", "stop a", "kill a",
  // "select b: initiated", "stopped".
  std::vector<std::string> log();
  // Likewise: "a -> b: waiters", "b is there", "b failed: reason", "b called off: reason".
  std::vector<std::string> switches();
  // The last command of that kind. Fails the test if there was none.
  template <class Wanted>
  Wanted last() const {
    for (auto place = history_.rbegin(); place != history_.rend(); ++place) {
      if (const auto* found = std::get_if<Wanted>(&*place)) return *found;
    }
    ADD_FAILURE() << "no such command was given";
    return Wanted{};
  }
  [[nodiscard]] Snapshot shown() const { return scheduler_.snapshot(now_); }
  [[nodiscard]] ModelSnapshot shown(std::string_view model) const {
    return shown().models[to_index(model_of(model))];
  }
  [[nodiscard]] std::optional<RequestStatus> status_of(const std::string& name) const;
  [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }
  // What the last step said of changes.
  [[nodiscard]] std::optional<StatusChanged> change() const { return change_; }
  [[nodiscard]] std::optional<Duration> next_deadline_in() const;
  [[nodiscard]] bool all_ended() const { return audit_.everything_has_ended(); }

  [[nodiscard]] static ModelIndex model_of(std::string_view name);
  [[nodiscard]] static std::string name_of(ModelIndex model);

 private:
  void step(const Event& event);
  void write_down(const Command& command);
  RequestId id_of(const std::string& name);

  Scheduler scheduler_;
  Audit audit_;
  Checks checks_;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  Epoch epoch_;
  std::map<Epoch, ModelIndex> engines_;
  std::uint64_t last_id_ = 0;
  std::map<std::string, RequestId> ids_;
  std::map<RequestId, std::string> names_;
  std::map<SelectId, ModelIndex> selects_;
  std::map<ModelIndex, std::string> broken_;
  std::vector<ModelIndex> to_check_;
  std::vector<std::string> log_;
  std::vector<std::string> switches_;
  Commands history_;
  std::optional<StatusChanged> change_;
};

}  // namespace signalbox::sched
