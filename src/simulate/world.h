// The server of run.h in virtual time: what is planned, what happens, what the policy's commands do. One for
// each run; run.cc is the only caller.
//
// Events happen in the order of (time, sequence). The trace is walked by a cursor; only what is under way
// lies in the heap, so that an event costs O(log of the workers and users).
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "simulate/run.h"

namespace signalbox::simulate {

// What a token is worth where lengths are known.
inline constexpr Duration kToken = std::chrono::milliseconds(1);

// What is referred to outlives this.
class World {
 public:
  World(const Workload& workload, const Settings& settings, Policy& policy, const OnProgress& on_progress);

  // Once.
  [[nodiscard]] Outcome run();

 private:
  struct Planned {
    enum class Kind : std::uint8_t { closed, ready, exited, checked, memory_checked, user_asks };
    TimePoint time;
    std::uint64_t sequence = 0;
    Kind kind = Kind::closed;
    std::uint64_t number = 0;  // of the request, epoch, model or user

    friend bool operator<(const Planned& a, const Planned& b) {
      return std::pair(a.time, a.sequence) > std::pair(b.time, b.sequence);
    }
  };
  // An engine beside the present one, which drains (overlap).
  struct Successor {
    ModelIndex model;
    Epoch epoch;
    bool ready = false;
  };
  static constexpr TimePoint kBeginning{};
  static constexpr std::uint32_t kNoUser = ~std::uint32_t{0};

  [[nodiscard]] std::optional<TimePoint> arrival_time() const;
  [[nodiscard]] std::optional<TimePoint> next_time() const;
  void happen();
  void happen(const Planned& planned);
  void become_ready(Epoch epoch);
  void begin_stay();
  void promote_successor();
  void exit(Epoch epoch);
  void arrive(const TraceRequest& request, std::uint32_t user);
  void close(std::uint64_t number);
  void end(std::uint64_t number, Fate fate);
  void plan_ask(std::size_t user);
  void plan(Duration after, Planned::Kind kind, std::uint64_t number);
  void step(const sched::Event& event);
  void stop_switching();
  [[nodiscard]] std::uint32_t places(ModelIndex model) const;

  void obey(const sched::StartRequest& command);
  void obey(const sched::RefuseRequest& command);
  void obey(const sched::CheckModelFile& command);
  void obey(const sched::CheckMemory& command);
  void obey(const sched::StartEngine& command);
  void obey(const sched::StopEngine& command);
  void obey(const sched::KillEngine& command);
  template <class Other>
  void obey(const Other& /*command*/) {}

  const Workload& workload_;
  const Settings& settings_;
  Policy& policy_;
  const OnProgress& on_progress_;
  Outcome outcome_;
  std::vector<Duration> services_;    // of each request so far
  std::vector<std::uint32_t> users_;  // likewise: who asked
  std::vector<std::uint32_t> asked_;  // of each user: how often so far
  std::priority_queue<Planned> planned_;
  std::uint64_t sequence_ = 0;
  std::size_t cursor_ = 0;  // in the trace
  std::size_t total_ = 0;
  std::size_t ended_ = 0;
  std::uint32_t running_ = 0;
  ModelIndex engine_;  // the model of the last one
  Epoch epoch_;        // likewise
  bool ready_ = false;
  std::optional<Successor> successor_;
  std::optional<TimePoint> switching_since_;
  TimePoint now_ = kBeginning;
};

}  // namespace signalbox::simulate
