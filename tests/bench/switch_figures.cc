// Measures the milliseconds that the server promises (fake engine, no inference) and prints them beside their
// limits. Not a test: times depend on the machine, so ctest does not run it; the tests assert order and
// counts. Run by hand, from a release build: `switch_figures`. Status 1 if a limit was passed.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using std::chrono::milliseconds;

double ms_between(TimePoint from, TimePoint to) {
  return static_cast<double>((to - from).count()) / 1000.0;
}

bool all_held = true;

void show(std::string_view what, double ms, double limit_ms) {
  const bool held = ms <= limit_ms;
  all_held = all_held && held;
  fmt::print("{:<66}{:>10.1f} ms   limit {:>8.0f} ms   {}\n", what, ms, limit_ms,
             held ? "ok" : "PASSED THE LIMIT");
}

double percentile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

// How long a fact takes to become true, in milliseconds.
template <class Fact>
double until(Fact fact) {
  const auto start = now();
  while (!fact()) {
    if (now() - start > kPatience) return 1e9;
  }
  return ms_between(start, now());
}

void overflow_and_probes() {
  TestServer server({.models = {{.name = "a"}, {.name = "b", .fake = {"load_ms=5000", "load_steps=50"}}}});
  server.load("a");
  std::vector<double> refusals;
  std::vector<double> probes;
  {
    std::vector<Connection> clients;
    std::vector<TimePoint> sent;
    for (int i = 0; i < 30; ++i) clients.push_back(server.connect());
    for (auto& client : clients) {
      sent.push_back(now());
      client.send(request_text("POST", "/v1/chat/completions", chat_body("b", {.stream = false})));
    }
    std::vector<bool> answered(clients.size());
    const auto deadline = now() + std::chrono::seconds(2);
    while (refusals.size() < 20 && now() < deadline) {
      for (std::size_t i = 0; i < clients.size(); ++i) {
        if (answered[i] || !clients[i].readable(Duration(0))) continue;
        answered[i] = true;
        refusals.push_back(ms_between(sent[i], now()));
      }
    }
    auto probe = server.connect();
    for (int i = 0; i < 500; ++i) {
      const auto start = now();
      probe.send(request_text("GET", "/v1/models/status"));
      static_cast<void>(probe.read_reply());
      probes.push_back(ms_between(start, now()));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) static_cast<void>(clients[i].read_reply());
  }
  fmt::print("refused at once: {} of 30\n", refusals.size());
  show("503 when the queue is full, slowest of 20", percentile(refusals, 1), 50);
  show("GET /v1/models/status while loading, p50 of 500", percentile(probes, 0.5), 20);
  show("GET /v1/models/status while loading, p99 of 500", percentile(probes, 0.99), 20);
  show("GET /v1/models/status while loading, slowest of 500", percentile(probes, 1), 100);
}

void starvation() {
  TestServer server({.models = {{.name = "a", .fake = {"token_ms=10", "load_ms=200"}, .keys = {"slots: 1"}},
                                {.name = "b", .fake = {"load_ms=1000"}}},
                     .scheduler = {"starvation_limit: 2s", "min_visit: 100"}});
  server.load("a");
  std::atomic<bool> stop = false;
  const auto keep_busy = [&] {
    while (!stop) static_cast<void>(server.chat("a", {.max_tokens = 64}));
  };
  std::jthread first(keep_busy);
  std::jthread second(keep_busy);
  static_cast<void>(eventually([&] { return server.in_flight() == 1 && server.queue_length("a") == 1; }));
  const auto start = now();
  auto stream = server.stream_chat("b");
  static_cast<void>(stream.next_status("processing"));
  // Only the limit ends the visit, which is not paid off before 20 s. Drain: the request that runs and the
  // one that had come before the gate closed, 64 tokens of 10 ms each. Load: 1 s.
  show("B starts while two clients keep A busy (limit 2 s + drain + load)", ms_between(start, now()),
       2000 + 2 * 640 + 1000 + 300);
  stop = true;
}

void engine_death() {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}}}});
  auto stream = server.run_chat("a");
  const auto engines = server.engines();
  const auto start = now();
  ::kill(engines.at(0).pid, SIGKILL);
  static_cast<void>(stream.rest());
  show("kill -9 of the engine to the error in the stream", ms_between(start, now()), 1000);
  server.touch("go");
  static_cast<void>(server.chat("a"));
  show("and to the end of the next answer, load included", ms_between(start, now()), 3000);
}

void stalls() {
  {
    TestServer server({.models = {{.name = "a", .fake = {"token_bytes=65536", "token_ms=0", "tokens=100000"}},
                                  {.name = "b"}},
                       .server = {"client_stall_timeout: 1s"},
                       .scheduler = {"min_visit: 0"}});
    auto connection = server.connect();
    connection.shrink_receive_buffer();
    connection.send(request_text("POST", "/v1/chat/completions", chat_body("a", {.max_tokens = 100'000})));
    static_cast<void>(eventually([&] { return server.in_flight() == 1; }));
    const auto start = now();
    static_cast<void>(server.chat("b"));
    show("a client stops reading: the other model's answer (time-out 1 s)", ms_between(start, now()),
         1000 + 500);
  }
  TestServer server({.models = {{.name = "a", .fake = {"hang_at_token=2"}}, {.name = "b"}},
                     .scheduler = {"min_visit: 0"},
                     .engine = {"engine_timeout: 1s"}});
  auto running = server.run_chat("a");
  const auto start = now();
  static_cast<void>(server.chat("b"));
  show("an engine goes silent: the other model's answer (time-out 1 s)", ms_between(start, now()),
       1000 + 500);
}

void disconnects() {
  TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/never"}}, {.name = "b"}}});
  auto running = server.run_chat("a");
  std::vector<EventStream> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(server.stream_chat("b"));
    static_cast<void>(waiting.back().next_status("waiting_for_model"));
  }
  waiting.clear();
  running.connection().close();
  show("three waiting and one running client leave: gone from status",
       until([&] { return server.queue_length("b") == 0 && server.in_flight() == 0; }), 100);
  show("and the engine's slot is idle", until([&] { return server.busy_engine_slots() == 0; }), 2000);
}

void switches() {
  TestServer server({.models = {{.name = "a"}, {.name = "b"}}, .scheduler = {"min_visit: 0"}});
  server.load("a");
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    const auto start = now();
    auto stream = server.stream_chat(i % 2 == 0 ? "b" : "a", {.max_tokens = 1});
    static_cast<void>(stream.next_status("processing"));
    times.push_back(ms_between(start, now()));
    static_cast<void>(stream.rest());
  }
  show("a switch between two engines that load in no time, p50 of 20", percentile(times, 0.5), 200);
}

void ends() {
  {
    TestServer server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}}, {.name = "b"}}});
    auto running = server.run_chat("a");
    auto waiting = server.stream_chat("b");
    static_cast<void>(waiting.next_status("waiting_for_model"));
    server.touch("go");
    const auto start = now();
    server.signal(SIGTERM);
    static_cast<void>(server.wait_exit());
    show("SIGTERM to exit, one running, one waiting", ms_between(start, now()), 2000);
  }
  for (const auto* fake : {"load_hang", "tokens_until=@/never"}) {
    TestServer server({.models = {{.name = "a", .fake = {fake, "fork_child"}}}});
    server.expect_no_clean_exit();
    auto stream = server.stream_chat("a");
    static_cast<void>(eventually([&] { return server.engines().size() == 2; }));
    server.signal(SIGKILL);
    static_cast<void>(server.wait_exit());
    show(fmt::format("SIGKILL of the server to no process left ({})", fake),
         until([&] { return server.processes().empty(); }), 5000);
  }
}

}  // namespace
}  // namespace signalbox::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  using namespace signalbox::test;
  overflow_and_probes();
  switches();
  starvation();
  engine_death();
  stalls();
  disconnects();
  ends();
  return all_held ? 0 : 1;
}
