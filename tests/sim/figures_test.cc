// The published figures of the real trace: 27 models, 2 s a switch, 16 workers, queues without a bound.
#include <limits>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sim/traces.h"
#include "simulate/summary.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

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

  [[nodiscard]] Summary summary_of(PolicyName policy) const {
    const auto settings = same_for_all(
        workload_.models(), {.queue_size = kUnbounded, .workers = 16, .engine = {.load = 2s, .stop = 0s}});
    const auto outcome = run(workload_, settings, policy);
    EXPECT_EQ(outcome.ending, Ending::all_ended);
    return summarize(outcome);
  }

  Workload workload_;
};

void expect_near(Duration value, double seconds) {
  EXPECT_NEAR(std::chrono::duration<double>(value).count(), seconds, seconds / 100);
}

TEST_F(Figures, OfFifo) {
  const auto summary = summary_of(PolicyName::fifo);
  expect_near(summary.all.mean, 4177);
  expect_near(summary.all.p99, 8732);
  EXPECT_EQ(summary.all.switches, 1246U);
}

TEST_F(Figures, OfDrain) {
  const auto summary = summary_of(PolicyName::drain);
  expect_near(summary.all.mean, 184.5);
  expect_near(summary.all.p99, 428.3);
  EXPECT_EQ(summary.all.switches, 48U);
}

}  // namespace
}  // namespace signalbox::simulate
