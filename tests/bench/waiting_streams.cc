// What thousands of waiting streams cost, and what others feel of them.
#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "bench/fleet.h"
#include "bench/prober.h"
#include "bench/process_meter.h"
#include "bench/topics.h"
#include "support/test_server.h"

namespace signalbox::bench {

namespace {

constexpr std::size_t kBodyBytes = 1024;
constexpr auto kSettle = std::chrono::seconds(3);
constexpr auto kMeasured = std::chrono::seconds(10);

std::string waiting_request() {
  const auto frame = test::chat_body("b", {.max_tokens = 1, .more = R"("user":"")"});
  const std::string padding(kBodyBytes - frame.size(), 'x');
  return test::request_text(
      "POST", "/v1/chat/completions",
      test::chat_body("b", {.max_tokens = 1, .more = fmt::format(R"("user":"{}")", padding)}));
}

void measure(Report& report, std::size_t streams) {
  const test::TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/never"}},
                                            {.name = "b", .keys = {"queue_size: 6000"}}},
                                 .scheduler = {"heartbeat_interval: 1s"},
                                 .engine = {"engine_timeout: 10m"}});
  auto running = server.run_chat("a");
  const auto bytes_before = test::resident_bytes_of(server.pid());
  Fleet fleet(server.address(), streams, waiting_request());
  const auto deadline = test::now() + test::kPatience;
  while (server.queue_length("b") < static_cast<std::int64_t>(streams)) {
    fleet.read_for(std::chrono::milliseconds(20));
    if (test::now() > deadline) throw std::runtime_error("not all streams came to wait");
  }
  fleet.read_for(kSettle);
  const auto cpu_before = cpu_ns(server.pid());
  const auto heartbeats = fleet.read_for(kMeasured);
  const auto cpu = static_cast<double>(cpu_ns(server.pid()) - cpu_before);
  const auto bytes = static_cast<double>(test::resident_bytes_of(server.pid()) - bytes_before);
  Prober prober(server.address());
  fleet.read_for(kMeasured);
  const auto probes = prober.take();
  if (fleet.ended() != 0) throw std::runtime_error("a waiting stream ended");
  const auto name = fmt::format("{} streams, ", streams);
  report.figure(name + "memory of one", bytes / static_cast<double>(streams) / 1024, "KiB", Aim::at_most,
                19.5);
  report.figure(name + "heartbeats in 10 s", static_cast<double>(heartbeats), "");
  report.figure(name + "CPU of one and its heartbeat", cpu / 1000 / static_cast<double>(heartbeats), "µs",
                Aim::at_most, 20);
  report.figure(name + "`/health` median", percentile(probes, 0.5), "ms");
  report.figure(name + "`/health` p99", percentile(probes, 0.99), "ms", Aim::at_most, 20);
  report.figure(name + "`/health` slowest", percentile(probes, 1), "ms");
}

}  // namespace

void waiting_streams(Report& report) {
  raise_own_descriptor_limit();
  report.topic(
      "Waiting streams",
      "Streams with bodies of 1 KiB wait for another model, with a heartbeat each second. Memory is the "
      "server's resident growth, CPU its own over 10 s, the kernel's part included: two thirds, by perf, "
      "because over loopback a sender does the receiver's half too and wakes it up. Then `/health` is "
      "asked every 2 ms for 10 s.");
  for (const std::size_t streams : {std::size_t{1000}, std::size_t{5000}}) measure(report, streams);
}

}  // namespace signalbox::bench
