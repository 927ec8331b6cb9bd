// The published figures of the real trace: 27 models, 2 s a switch, 16 workers, queues without a bound.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/report.h"
#include "sim/traces.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;

constexpr ModelSettings kTraceSettings{
    .queue_size = kUnbounded, .workers = 16, .engine = {.load = 2s, .stop = 0s}};

class Figures : public ::testing::Test {
 protected:
  void SetUp() override {
    auto workload = arena_workload();
    if (!workload) {
      fmt::print(stderr, "NOT CHECKED: the trace lmsys-arena-27.txt is not here; see SIGNALBOX_TRACES\n");
      GTEST_SKIP();
    }
    workload_ = *std::move(workload);
  }

  Workload workload_;
};

void expect_near(Duration value, double wanted) {
  EXPECT_NEAR(seconds(value), wanted, wanted / 100);
}

TEST_F(Figures, OfFifo) {
  const auto summary = figures_of(workload_, {.each = kTraceSettings, .policy = PolicyName::fifo});
  print_line("fifo", summary);
  expect_near(summary.all.mean, 4177);
  expect_near(summary.all.p99, 8732);
  EXPECT_EQ(summary.all.switches, 1246U);
}

TEST_F(Figures, OfDrain) {
  const auto summary = figures_of(workload_, {.each = kTraceSettings, .policy = PolicyName::drain});
  print_line("drain", summary);
  expect_near(summary.all.mean, 184.5);
  expect_near(summary.all.p99, 428.3);
  EXPECT_EQ(summary.all.switches, 48U);
}

TEST_F(Figures, OfSignalbox) {
  for (const auto costs : {Costs::learned, Costs::given}) {
    const std::string words = costs == Costs::learned ? "costs learned" : "costs given";
    const auto known =
        figures_of(workload_, {.each = kTraceSettings, .lengths = Lengths::known, .costs = costs});
    print_line("signalbox, lengths known, " + words, known);
    EXPECT_LE(seconds(known.all.mean), 163);
    EXPECT_LE(seconds(known.all.p99), 452);
    const auto unknown = figures_of(workload_, {.each = kTraceSettings, .costs = costs});
    print_line("signalbox, lengths unknown, " + words, unknown);
    EXPECT_LE(seconds(unknown.all.mean), 166);
    EXPECT_LE(seconds(unknown.all.p99), 455);
  }
}

// `longest_wait` as it was before there were costs, a visit's least length and a limit on starvation.
constexpr Case kLongestWait{.each = kTraceSettings,
                            .min_visit_thousandths = 0,
                            .starvation_limit = 0s,
                            .next_model = sched::NextModel::longest_wait};

struct MeanOfCopies {
  double mean = 0;
  double p99 = 0;
};

MeanOfCopies over_copies(const Workload& workload, const Case& wanted) {
  constexpr std::uint64_t kCopies = 30;
  MeanOfCopies sum;
  for (std::uint64_t seed = 1; seed <= kCopies; ++seed) {
    const auto summary = figures_of(perturbed(workload, seed), wanted);
    sum.mean += seconds(summary.all.mean) / kCopies;
    sum.p99 += seconds(summary.all.p99) / kCopies;
  }
  return sum;
}

// The same copies for all, so that the comparison is made in pairs.
TEST_F(Figures, AreBetterThanLongestWaitOverPerturbedCopies) {
  const auto other = over_copies(workload_, kLongestWait);
  fmt::print("30 perturbed copies: longest_wait {:.1f}/{:.1f} s\n", other.mean, other.p99);
  for (const auto costs : {Costs::learned, Costs::given}) {
    for (const auto lengths : {Lengths::known, Lengths::unknown}) {
      const auto ours = over_copies(workload_, {.each = kTraceSettings, .lengths = lengths, .costs = costs});
      fmt::print("30 perturbed copies: signalbox, lengths {}, costs {}: {:.1f}/{:.1f} s\n",
                 lengths == Lengths::known ? "known" : "unknown",
                 costs == Costs::learned ? "learned" : "given", ours.mean, ours.p99);
      if (lengths == Lengths::unknown) continue;
      EXPECT_LE(ours.mean, other.mean * 0.92);
      EXPECT_LE(ours.p99, other.p99);
    }
  }
  const auto drain = over_copies(workload_, {.each = kTraceSettings, .policy = PolicyName::drain});
  fmt::print("30 perturbed copies: drain {:.1f}/{:.1f} s\n", drain.mean, drain.p99);
}

// Who is turned away does not wait: no wait is told without the share that was turned away.
TEST_F(Figures, WithBoundedQueuesAreTold) {
  for (const std::uint32_t queue_size : {10U, 30U, 100U}) {
    auto each = kTraceSettings;
    each.queue_size = queue_size;
    for (const auto policy : kPolicyNames) {
      for (const auto lengths : {Lengths::known, Lengths::unknown}) {
        if (policy != PolicyName::signalbox && lengths == Lengths::known) continue;  // they do not look at it
        const auto summary = figures_of(workload_, {.each = each, .policy = policy, .lengths = lengths});
        print_line(fmt::format("queue_size {}, {}, lengths {}", queue_size, name_of(policy),
                               lengths == Lengths::known ? "known" : "unknown"),
                   summary);
        EXPECT_EQ(summary.all.served + summary.all.rejected, workload_.requests());
      }
    }
  }
}

}  // namespace
}  // namespace signalbox::simulate
