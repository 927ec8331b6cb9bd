// Streamed chunks a second on one core: the server is pinned and its own CPU time counts, so that neither the
// engine nor the client, who share the other cores, are what is measured.
#include <algorithm>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/process_meter.h"
#include "bench/topics.h"
#include "support/test_server.h"

namespace signalbox::bench {

namespace {

constexpr std::uint32_t kChunks = 200'000;
constexpr int kServerCore = 0;
constexpr std::size_t kTokenBytes = 110;  // makes a chunk of 300 bytes

struct Rate {
  double per_cpu_second = 0;
  double per_second = 0;
  double chunk_bytes = 0;
};

Rate measure(unsigned chunks_a_write) {
  const test::TestServer server(
      {.models = {{.name = "a",
                   .fake = {"token_ms=0", fmt::format("token_bytes={}", kTokenBytes),
                            fmt::format("tokens_a_write={}", chunks_a_write), "tokens=1000000"}}}});
  server.load("a");
  pin(server.pid(), kServerCore);
  keep_off(::getpid(), kServerCore);
  for (const auto& engine : server.engines()) keep_off(engine.pid, kServerCore);
  auto connection = server.connect();
  const auto cpu_before = cpu_ns(server.pid());
  const auto start = test::now();
  connection.send(
      test::request_text("POST", "/v1/chat/completions", test::chat_body("a", {.max_tokens = kChunks})));
  std::size_t bytes = 0;
  std::string tail;
  while (!tail.ends_with("\r\n0\r\n\r\n")) {
    const auto more = connection.read();
    if (more.empty()) throw std::runtime_error("the stream ended early");
    bytes += more.size();
    tail = (tail + more).substr(std::max(tail.size() + more.size(), std::size_t{16}) - 16);
  }
  const double seconds = us_between(start, test::now()) / 1e6;
  const double cpu_seconds = static_cast<double>(cpu_ns(server.pid()) - cpu_before) / 1e9;
  return {.per_cpu_second = kChunks / cpu_seconds,
          .per_second = kChunks / seconds,
          .chunk_bytes = static_cast<double>(bytes) / kChunks};
}

}  // namespace

void chunk_rate(Report& report) {
  report.topic(
      "Streamed chunks",
      "One stream of 200,000 chunks as fast as the engine writes them. The server is pinned to one core "
      "and its own CPU time, kernel included, is counted; engine and client share the others.");
  for (const unsigned chunks : {1U, 16U}) {
    const Rate rate = measure(chunks);
    const auto name =
        chunks == 1 ? std::string("one chunk a write") : fmt::format("{} chunks a write", chunks);
    report.figure(name + ", a second of the server's CPU", rate.per_cpu_second, "chunks", Aim::at_least,
                  50'000);
    report.figure(name + ", a second of time", rate.per_second, "chunks");
    report.figure(name + ", bytes at the client", rate.chunk_bytes, "bytes a chunk");
  }
}

}  // namespace signalbox::bench
