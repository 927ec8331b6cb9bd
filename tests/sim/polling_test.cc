// The simulator against queueing theory: a server that walks round all models, with random arrivals, has a
// mean wait that is known exactly, E[W] = l E[B^2] / (2(1-rho)) + s (N -+ rho) / (2(1-rho)), with l the rate
// of all arrivals, s a switch, N models; - where a queue is served until it is empty, + where only those are
// served who were there when the server came (Takagi, Analysis of Polling Systems, symmetric case).
// The walking policy is for this test only: ours skips empty queues and rests, which has no such formula.
#include "sim/polling.h"

#include <cmath>
#include <ostream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/report.h"
#include "simulate/synthetic.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;

struct Setting {
  PollingService service = PollingService::exhaustive;
  std::uint32_t models = 2;
  double load = 0.5;
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.models << " models, load " << setting.load;
}

std::string name_of_setting(const ::testing::TestParamInfo<Setting>& info) {
  const auto& [service, models, load] = info.param;
  return fmt::format("{}{}ModelsLoad{}", service == PollingService::exhaustive ? "Exhaustive" : "Gated",
                     models, std::lround(load * 100));
}

class Polling : public ::testing::TestWithParam<Setting> {};

constexpr Duration kMeanService = 1s;
constexpr Duration kSwitch = 500ms;
// At load 0.9 the wait has a long memory: so many requests bring its standard error under one percent.
constexpr std::uint64_t kRequests = 1'000'000;

TEST_P(Polling, WaitsAsTheorySays) {
  const auto& [service, models, load] = GetParam();
  Synthetic wanted;
  wanted.models = models;
  wanted.requests = kRequests;
  wanted.rate_thousandths = static_cast<std::uint64_t>(std::lround(load * 1000));
  wanted.exponent_thousandths = 0;
  wanted.service = kMeanService;
  const Workload workload{.trace = synthetic_trace(wanted), .users = {}};
  const auto settings =
      same_for_all(models, {.queue_size = kUnbounded, .workers = 1, .engine = {.load = kSwitch, .stop = 0s}});
  PollingPolicy policy(service, settings.scheduling);
  const auto summary = summarize(run(workload, settings, policy));

  const double second_moment = 2 * seconds(kMeanService) * seconds(kMeanService);  // exponential
  const double sign = service == PollingService::exhaustive ? -1 : 1;
  const double rate = load / seconds(kMeanService);
  const double expected =
      (rate * second_moment + seconds(kSwitch) * (models + sign * load)) / (2 * (1 - load));
  fmt::print("{} models, load {:.1f}: {:.3f} s, theory {:.3f} s\n", models, load, seconds(summary.all.mean),
             expected);
  EXPECT_NEAR(seconds(summary.all.mean), expected, expected * 0.03);
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const auto service : {PollingService::exhaustive, PollingService::gated}) {
    for (const std::uint32_t models : {2U, 4U, 8U}) {
      for (const double load : {0.3, 0.6, 0.9}) all.push_back({service, models, load});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Theory, Polling, ::testing::ValuesIn(settings()), name_of_setting);

}  // namespace
}  // namespace signalbox::simulate
