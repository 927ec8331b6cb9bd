// The scheduler in a random world in virtual time: clients that come, go and ask for too much, engines that
// are slow, fail, hang, die and will not stop, news that come late and twice, broken files, operators, new
// limits, a clock that leaps and a shell that is late. One seed, one run; what happened is kept as a
// timeline.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "simulate/chaos_draws.h"
#include "simulate/chaos_plan.h"
#include "simulate/chaos_player.h"

namespace signalbox::simulate {

struct ChaosCounts {
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::uint64_t requests = 0;
  std::uint64_t started = 0;
  std::uint64_t switches = 0;  // that ended well
  std::uint64_t faults = 0;    // of every kind
  std::uint64_t replays = 0;
  std::uint64_t overlaps = 0;  // engines started beside another
  Duration longest_wait{0};
  Duration largest_backlog{0};  // T of rule 15

  void add(const ChaosCounts& other);
};

struct ChaosSettings {
  std::uint64_t seed = 1;
  Weather weather = Weather::storm;
  Tamper tamper{};
  // Draws the run up to this moment and keeps that one too, but does not play it: how to look at a moment
  // that aborts.
  std::size_t moments_max = std::numeric_limits<std::size_t>::max();
  // Told before each moment is played: what a process that aborts leaves behind.
  std::function<void(std::size_t)> on_moment{};
};

class Chaos {
 public:
  explicit Chaos(const ChaosSettings& settings);

  // Once.
  void run();

  // The first violation; empty: none.
  [[nodiscard]] std::string violation() const;
  [[nodiscard]] const sched::Options& options() const { return options_; }
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }
  [[nodiscard]] const ChaosCounts& counts() const { return counts_; }
  // While nothing fails.
  [[nodiscard]] Duration longest_service() const { return service_max_; }
  [[nodiscard]] Duration longest_switch() const;
  [[nodiscard]] std::uint64_t digest() const { return player_.invariants().digest(); }

 private:
  // chaos.cc
  void plan_clients();
  void plan_client(Duration when, std::uint64_t number);
  // False: nothing is left to happen.
  bool next();
  void happen(const Moment& moment);
  void leap();
  void take(const sched::Commands& commands);
  [[nodiscard]] bool is_void(const Planned& planned) const;
  void lose_answer(Planned& planned, sched::RequestClosed closed);
  bool fault(std::uint32_t one_in);
  void plan(Duration after, sched::Event event, std::uint32_t run = 0);
  void plan_news(Duration after, const sched::Event& event);
  [[nodiscard]] std::uint32_t draw_jitter();

  // chaos_reactions.cc: what the world makes of a command
  void obey(const sched::StartRequest& command);
  void obey(const sched::RequeueRequest& command);
  void obey(const sched::CheckModelFile& command);
  void obey(const sched::CheckMemory& command);
  void obey(const sched::StartEngine& command);
  void obey(const sched::StopEngine& command);
  void obey(const sched::KillEngine& command);
  void obey(const sched::SwitchFinished& command);
  template <class Other>
  void obey(const Other& /*command*/) {}
  void close_early(const sched::StartRequest& command, Duration after, std::uint32_t run);
  void let_it_go(Epoch epoch, Duration longest);
  [[nodiscard]] sched::EngineExited exit_of(Epoch epoch);

  ChaosSettings settings_;
  Draws draws_;
  FaultRates rates_;
  sched::Options options_;
  Player player_;
  Plan plan_;
  Duration service_max_{};
  Duration load_max_{};
  std::map<RequestId, std::uint32_t> runs_;  // how often each request that runs was started
  Timeline timeline_;
  ChaosCounts counts_;
};

}  // namespace signalbox::simulate
