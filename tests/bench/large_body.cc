// A body of 60 MB, and what others feel while it comes in.
#include <fmt/format.h>

#include "bench/prober.h"
#include "bench/topics.h"
#include "support/test_server.h"

namespace signalbox::bench {

namespace {

constexpr std::size_t kBodyBytes = 60'000'000;
constexpr int kPairs = 5;

double seconds_for(test::Connection connection, const std::string& request) {
  const auto start = test::now();
  connection.send(request);
  const auto reply = connection.read_reply();
  if (reply.status != 200)
    throw std::runtime_error("the large body was refused: " + reply.body.substr(0, 200));
  return us_between(start, test::now()) / 1e6;
}

}  // namespace

void large_body(Report& report) {
  const test::TestServer server({.models = {{.name = "a", .fake = {"token_ms=0", "forget_bodies"}}},
                                 .server = {"max_queued_bytes: 2GiB"}});
  server.load("a");
  const auto messages = fmt::format(R"([{{"role":"user","content":"{}"}}])", std::string(kBodyBytes, 'x'));
  const auto request =
      test::request_text("POST", "/v1/chat/completions",
                         test::chat_body("a", {.max_tokens = 1, .stream = false, .messages = messages}));
  Prober prober(server.address());
  std::vector<double> direct;
  std::vector<double> through;
  std::vector<double> probes;
  for (int i = 0; i < kPairs; ++i) {
    direct.push_back(seconds_for(test::Connection(server.engine_address()), request));
    static_cast<void>(prober.take());
    through.push_back(seconds_for(server.connect(), request));
    for (const double probe : prober.take()) probes.push_back(probe);
  }
  report.topic(
      "A body of 60 MB",
      "A chat request with 60 MB of text, to its answer of one token: to the engine's own socket, then "
      "through the server, five times in turn. `/health` is asked every 2 ms while it comes in.");
  report.figure("engine alone, median", percentile(direct, 0.5), "s");
  report.figure("through the server, median", percentile(through, 0.5), "s");
  report.figure("`/health` meanwhile, median", percentile(probes, 0.5), "ms");
  report.figure("`/health` meanwhile, p99", percentile(probes, 0.99), "ms", Aim::at_most, 20);
  report.figure("`/health` meanwhile, slowest", percentile(probes, 1), "ms");
}

}  // namespace signalbox::bench
