// The one-word workloads: what each key does, and what is said of a wrong one.
#include "simulate/spec.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/synthetic.h"

namespace signalbox::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Workload made(const std::string& spec) {
  auto workload = workload_of_spec(spec);
  EXPECT_TRUE(workload.has_value()) << workload.error().message;
  return workload.value_or(Workload{});
}

std::string error_of(const std::string& spec) {
  const auto workload = workload_of_spec(spec);
  return workload ? "no error" : workload.error().message;
}

TEST(Spec, OfNothingButTheKindHasTheStandardValues) {
  const auto workload = made("zipf");
  EXPECT_EQ(workload.models(), 27U);
  EXPECT_EQ(workload.requests(), 10'000U);
  EXPECT_EQ(workload.trace, synthetic_trace({}));
  EXPECT_EQ(made("clients:").requests(), 6000U);
  EXPECT_EQ(made("agents").users.size(), 10U);
}

TEST(Spec, TakesEachKey) {
  const auto workload =
      made("zipf:models=3,requests=2000,rate=0.5,exponent=0,service=200ms,variation=fixed,seed=7");
  ASSERT_EQ(workload.models(), 3U);
  ASSERT_EQ(workload.requests(), 2000U);
  std::vector<int> counts(3);
  for (const auto& request : workload.trace.requests) {
    EXPECT_EQ(request.service, 200ms);
    ++counts[to_index(request.model)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 667, 70);
  EXPECT_NEAR(std::chrono::duration<double>(workload.trace.requests.back().arrived).count(), 4000, 300);
  EXPECT_NE(workload.trace, made("zipf:models=3,requests=2000,rate=0.5,exponent=0,service=0.2,seed=8").trace);

  const auto clients = made("clients:models=2,clients=4,asks=5,service=1.5s,variation=fixed,think=250ms");
  ASSERT_EQ(clients.users.size(), 8U);
  EXPECT_EQ(clients.users[7].asks.size(), 5U);
  EXPECT_EQ(clients.users[7].asks[0].model, ModelIndex(1));
  EXPECT_EQ(clients.users[7].asks[0].service, 1500ms);
  EXPECT_EQ(clients.users[7].asks[0].after, 250ms);
}

TEST(Spec, SaysWhatIsAllowed) {
  EXPECT_EQ(error_of("poisson:rate=1"),
            "\"poisson\" is no workload; zipf, clients and agents are, as in "
            "zipf:models=27,requests=10000,rate=2,exponent=1.1,service=3s,variation=exponential,seed=1");
  EXPECT_EQ(error_of("clients:model=1"),
            "\"model\" is no key of clients; an example with all of them: "
            "clients:models=2,clients=3,asks=1000,service=3s,variation=exponential,think=0s,seed=1");
  EXPECT_EQ(error_of("zipf:models=1000000"),
            "models is \"1000000\"; a whole number from 1 to 10000 is allowed");
  EXPECT_EQ(error_of("zipf:rate=0"),
            "rate is \"0\"; a number such as 1.5, above 0 and up to 100000 is allowed");
  EXPECT_EQ(error_of("zipf:service=-3s"),
            "service is \"-3s\"; a duration such as 3s, 0.5s or 200ms, above 0s and up to 86400s is allowed");
  EXPECT_EQ(error_of("zipf:variation=normal"), "variation is \"normal\"; exponential or fixed is allowed");
  EXPECT_EQ(error_of("zipf:seed"), "seed is \"\"; a whole number from 0 to 18446744073709551615 is allowed");
  EXPECT_THAT(error_of("zipf:requests=10000000,rate=0.001"), HasSubstr("more than a year"));
  EXPECT_THAT(error_of("clients:clients=10000,asks=1000000"), HasSubstr("more than 10000000 requests"));
  EXPECT_THAT(error_of("agents:users=10000,sessions=1000"), HasSubstr("more than 10000000 requests"));
}

TEST(Synthetic, HasTheMeansThatWereAskedFor) {
  const auto trace = synthetic_trace({.models = 2, .requests = 50'000, .rate_thousandths = 1500}, {59, 41});
  EXPECT_NEAR(std::chrono::duration<double>(trace.requests.back().arrived).count(), 33'333, 500);
  double service = 0;
  int first = 0;
  for (const auto& request : trace.requests) {
    service += std::chrono::duration<double>(request.service).count();
    first += request.model == ModelIndex(0) ? 1 : 0;
  }
  EXPECT_NEAR(service / 50'000, 3.0, 0.05);
  EXPECT_NEAR(first / 50'000.0, 0.59, 0.01);
}

TEST(Agents, AskSeveralTimesInARow) {
  const auto workload = agents({.models = 5, .users = 2, .sessions = 3, .gap = 500ms});
  ASSERT_EQ(workload.users.size(), 2U);
  for (const auto& user : workload.users) {
    EXPECT_GE(user.asks.size(), 15U);
    EXPECT_LE(user.asks.size(), 60U);
    EXPECT_EQ(user.asks[1].after, 500ms);
    EXPECT_EQ(user.asks[1].model, user.asks[0].model);
  }
}

}  // namespace
}  // namespace signalbox::simulate
