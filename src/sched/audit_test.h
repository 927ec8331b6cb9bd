// Watches a scheduler from outside and fails the test when it breaks a promise that holds whatever the
// policy: at most one engine, no more requests at it than it has places, bounded queues, one end for each
// request, first come first served. Told of every step by World and by the random test.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sched/scheduler.h"

namespace signalbox::sched {

class Audit {
 public:
  explicit Audit(const Options& options) : options_(options) {}

  // After each step, with what it was given and what it answered.
  void look(const Event& event, const Commands& commands, const Scheduler& scheduler, TimePoint now);

  [[nodiscard]] bool everything_has_ended() const { return waiting_.empty() && running_.empty(); }
  [[nodiscard]] bool engine_is_alive() const { return alive_.has_value(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  // Of all commands so far: the same seed must give the same one.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  struct Known {
    ModelIndex model;
    std::uint32_t places = 1;
  };
  struct Alive {
    ModelIndex model;
    Epoch epoch;
    bool ready = false;
    bool told_to_go = false;
    std::uint32_t places = 0;
  };

  void note(const RequestArrived& event);
  void note(const WaiterLeft& event);
  void note(const RequestClosed& event);
  void note(const PlacesFreed& event);
  void note(const EngineReady& event);
  void note(const EngineExited& event);
  void note(const ModelFileChecked& event);
  void note(const StopAsked& event);
  template <class Other>
  void note(const Other& /*event*/) {}

  void obey(const StartRequest& command);
  void obey(const RefuseRequest& command);
  void obey(const AbortRequest& command);
  void obey(const RequeueRequest& command);
  void obey(const StartEngine& command);
  void obey(const StopEngine& command);
  void obey(const KillEngine& command);
  void obey(const CheckModelFile& command);
  void obey(const Stopped& command);
  template <class Other>
  void obey(const Other& /*command*/) {}

  void take_in(std::uint64_t value);
  void look_at_what_is_shown(const Scheduler& scheduler, TimePoint now) const;
  [[nodiscard]] std::uint32_t busy_places() const;

  Options options_;
  std::map<RequestId, Known> waiting_;
  std::map<RequestId, Known> running_;
  std::map<RequestId, Known> releasing_;
  std::set<RequestId> replayed_;
  std::optional<Alive> alive_;
  std::set<ModelIndex> checks_out_;
  Epoch last_epoch_;
  bool stop_asked_ = false;
  bool stopped_ = false;
  std::uint64_t steps_ = 0;
  std::uint64_t digest_ = 1469598103934665603ULL;
};

}  // namespace signalbox::sched
