// What the rules are for, in worlds small enough to be understood: two models under heavy load, clients who
// ask again at once, agents. What is asserted has a figure in the design; the rest is printed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/report.h"
#include "simulate/synthetic.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;

// Service of a second, so that a figure in seconds is one in service times.
TEST(TwoModels, UnderHeavyLoadWaitWithinTheFigures) {
  const Synthetic wanted{.models = 2,
                         .requests = 60'000,
                         .rate_thousandths = 7200,  // 0.9 of what 8 workers can do
                         .service = 1s};
  const Workload workload{.trace = synthetic_trace(wanted, {59, 41}), .users = {}};
  const ModelSettings each{.queue_size = kUnbounded, .workers = 8, .engine = {.load = 3s, .stop = 0s}};
  print_line("two models, drain", figures_of(workload, {.each = each, .policy = PolicyName::drain}));
  const auto known = figures_of(workload, {.each = each, .lengths = Lengths::known});
  print_line("two models, signalbox, lengths known", known);
  EXPECT_LE(seconds(known.all.mean), 23);
  EXPECT_LE(seconds(known.all.p99), 60);
  const auto unknown = figures_of(workload, {.each = each});
  print_line("two models, signalbox, lengths unknown", unknown);
  EXPECT_LE(seconds(unknown.all.mean), 29);
  EXPECT_LE(seconds(unknown.all.p99), 71);
}

TEST(ClosedLoop, OfBusyClientsIsNotSpentSwitching) {
  const auto workload = closed_loop({.clients = {3, 3}, .asks = 2000, .service = 3s});
  for (const auto switch_time : {Duration(1600ms), Duration(10s)}) {
    const ModelSettings each{.queue_size = 10, .workers = 4, .engine = {.load = switch_time, .stop = 0s}};
    for (const auto lengths : {Lengths::known, Lengths::unknown}) {
      const auto summary = figures_of(workload, {.each = each, .lengths = lengths});
      print_line(fmt::format("closed loop 3+3, switch {:g} s, lengths {}", seconds(switch_time),
                             lengths == Lengths::known ? "known" : "unknown"),
                 summary);
      if (switch_time == 1600ms) EXPECT_LE(summary.switching_thousandths(), 120);
    }
    print_line(fmt::format("closed loop 3+3, switch {:g} s, no min_visit", seconds(switch_time)),
               figures_of(workload, {.each = each, .min_visit_thousandths = 0}));
  }
}

TEST(ClosedLoop, OfUnequalClientsIsTold) {
  const auto workload = closed_loop({.clients = {8, 1}, .asks = 1000, .service = 3s});
  const ModelSettings each{.queue_size = 10, .workers = 4, .engine = {.load = 1600ms, .stop = 0s}};
  for (const auto policy : kPolicyNames) {
    const auto summary = figures_of(workload, {.each = each, .policy = policy});
    print_line(fmt::format("closed loop 8+1, {}", name_of(policy)), summary);
    fmt::print("    the one client: mean {:.2f} s, longest {:.2f} s\n", seconds(summary.models[1].mean),
               seconds(summary.models[1].max));
    EXPECT_EQ(summary.models[1].served, 1000U);
  }
}

TEST(AgentsOfFiveModels, AreTold) {
  const auto workload = agents({.sessions = 100});
  const ModelSettings each{.queue_size = 10, .workers = 4, .engine = {.load = 2s, .stop = 0s}};
  for (const auto policy : kPolicyNames) {
    for (const auto lengths : {Lengths::known, Lengths::unknown}) {
      if (policy != PolicyName::signalbox && lengths == Lengths::known) continue;  // they do not look at it
      print_line(fmt::format("agents, {}, lengths {}", name_of(policy),
                             lengths == Lengths::known ? "known" : "unknown"),
                 figures_of(workload, {.each = each, .policy = policy, .lengths = lengths}));
    }
  }
  print_line("agents, signalbox, longest_wait",
             figures_of(workload, {.each = each, .next_model = sched::NextModel::longest_wait}));
}

}  // namespace
}  // namespace signalbox::simulate
