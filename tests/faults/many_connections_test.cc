// Thousands of connections that asked once and then stay. SIGNALBOX_FAULT_CONNECTIONS says how many (9,000 in
// `make test-faults`).
#include <algorithm>
#include <cstdlib>
#include <sys/resource.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIGNALBOX_SANITIZED
#endif
#endif
#ifdef SIGNALBOX_SANITIZED
constexpr bool kMemoryIsMeasurable = false;  // what is freed is kept back on purpose
#else
constexpr bool kMemoryIsMeasurable = true;
#endif

constexpr std::size_t kQuickConnections = 1000;
constexpr std::size_t kReserve = 100;  // descriptors of the test's own
constexpr std::uint64_t kBytesEachMax = std::uint64_t{32} * 1024;
constexpr std::size_t kBatch = 100;
constexpr std::size_t kOpenedASecond = 200;  // a slow machine and a sanitizer

std::size_t wanted_connections() {
  const char* text = std::getenv("SIGNALBOX_FAULT_CONNECTIONS");
  return text == nullptr ? kQuickConnections : std::strtoull(text, nullptr, 10);
}

// What the hard limit allows; test and server inherit the same one.
std::size_t possible_connections(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto possible = std::min<std::size_t>(wanted, limit.rlim_max - kReserve);
  if (possible < wanted) {
    GTEST_LOG_(WARNING) << "NOT TESTED with " << wanted << " connections but with " << possible
                        << ": the hard limit of descriptors is " << limit.rlim_max;
  }
  return possible;
}

// In batches, so that the kernel's queue of those who wait to be accepted suffices.
std::vector<Connection> open_and_ask(const FaultServer& server, std::size_t count) {
  const auto request = request_text("GET", "/health");
  std::vector<Connection> clients;
  clients.reserve(count);
  while (clients.size() < count) {
    const auto first = clients.size();
    for (std::size_t i = 0; i < kBatch && clients.size() < count; ++i) {
      clients.push_back(server.connect());
      clients.back().send(request);
    }
    for (auto i = first; i < clients.size(); ++i) EXPECT_EQ(clients[i].read_reply().status, 200U);
  }
  return clients;
}

TEST(ManyConnections, ThatStayIdleCostLittleAndAreLetGo) {
  const auto count = possible_connections(wanted_connections());
  FaultServer server({.models = {{.name = "a"}},
                      .server = {fmt::format("keep_alive_timeout: {}s", 5 + count / kOpenedASecond)}});
  server.load("a");
  const auto bytes_before = resident_bytes_of(server.pid());
  auto clients = open_and_ask(server, count);
  const auto bytes_open = resident_bytes_of(server.pid());
  EXPECT_GE(descriptors_of(server.pid()), count);

  const auto reply = server.chat("a");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_LT(to_ms(reply.elapsed), 2000) << "the others are still served quickly";
  const auto cpu_before = cpu_time_of(server.pid());
  EXPECT_TRUE(stays([&] { return server.pid() > 0; }, std::chrono::seconds(1)));
  EXPECT_LT(to_ms(cpu_time_of(server.pid()) - cpu_before), 300) << "idle connections cost no time";

  const auto all_let_go = [&] {
    return descriptors_of(server.pid()) < server.descriptors_at_start() + kReserve;
  };
  EXPECT_TRUE(eventually(all_let_go, 2 * kPatience)) << "after keep_alive_timeout";
  // Of thousands of packets at one instant the loopback device loses some; who missed the news hears it on
  // speaking.
  for (auto& client : clients) client.send("x");
  const auto closed =
      std::ranges::count_if(clients, [](Connection& client) { return client.closed_by_peer(); });
  EXPECT_EQ(static_cast<std::size_t>(closed), count);
  clients.clear();
  expect_recovered(server, "a");
  const auto bytes_after = resident_bytes_of(server.pid());
  // The allocator keeps what was freed; so whether it is free shows in what the same again costs.
  open_and_ask(server, count).clear();
  expect_recovered(server, "a");
  const auto bytes_again = resident_bytes_of(server.pid());
  fmt::print(
      "{} connections: resident {} kB before, {} kB with them, {} kB after, {} kB after as many again\n",
      count, bytes_before / 1024, bytes_open / 1024, bytes_after / 1024, bytes_again / 1024);
  if (!kMemoryIsMeasurable) return;
  EXPECT_LT(bytes_open - bytes_before, count * kBytesEachMax);
  EXPECT_LT(bytes_again, bytes_after + (bytes_open - bytes_before) / 10)
      << "what they took is not free again";
}

}  // namespace
}  // namespace signalbox::test
