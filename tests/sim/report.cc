#include "sim/report.h"

#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace signalbox::simulate {
namespace {

// The mean service of each model, and the switch it has. The tail is left to be learned: it depends on the
// schedule.
void give_costs(const Workload& workload, Settings& settings) {
  std::vector<Duration> sums(workload.models());
  std::vector<std::int64_t> counts(workload.models());
  const auto add = [&](ModelIndex model, Duration service) {
    sums[to_index(model)] += service;
    ++counts[to_index(model)];
  };
  for (const auto& request : workload.trace.requests) add(request.model, request.service);
  for (const auto& user : workload.users) {
    for (const auto& ask : user.asks) add(ask.model, ask.service);
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    auto& believed = settings.scheduling.models[i].believed;
    believed.changeover = settings.engines[i].load + settings.engines[i].stop;
    if (counts[i] > 0) believed.service = sums[i] / counts[i];
  }
}

}  // namespace

Summary figures_of(const Workload& workload, const Case& wanted) {
  auto settings = same_for_all(workload.models(), wanted.each);
  settings.lengths = wanted.lengths;
  settings.scheduling.min_visit_thousandths = wanted.min_visit_thousandths;
  settings.scheduling.starvation_limit = wanted.starvation_limit;
  settings.scheduling.next_model = wanted.next_model;
  if (wanted.costs == Costs::given) give_costs(workload, settings);
  const auto outcome = run(workload, settings, wanted.policy);
  EXPECT_EQ(outcome.ending, Ending::all_ended);
  return summarize(outcome);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void print_line(std::string_view words, const Summary& summary) {
  const auto& all = summary.all;
  const auto asked = static_cast<double>(all.served + all.rejected + all.unfinished);
  fmt::print(
      "{:<52} mean {:8.2f} s  P99 {:8.2f} s  rejected {:4.1f} %  switches {:5}  switching {:4.1f} %  "
      "estimates off by {:.0f} %\n",
      words, seconds(all.mean), seconds(all.p99), 100 * static_cast<double>(all.rejected) / asked,
      all.switches, static_cast<double>(summary.switching_thousandths()) / 10,
      static_cast<double>(all.estimate_error_thousandths) / 10);
}

}  // namespace signalbox::simulate
