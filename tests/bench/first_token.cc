// Added time to first token: the same request to the engine itself and through the server, in turn.
#include <stdexcept>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include "bench/topics.h"
#include "support/test_server.h"

namespace signalbox::bench {

namespace {

using test::Connection;

constexpr int kWarmUp = 200;
constexpr int kPairs = 4000;
constexpr std::string_view kFirstToken = R"("content":"w0")";
constexpr std::string_view kEnd = "\r\n0\r\n\r\n";

// Microseconds from the request's first byte to the first token; reads the answer to its end.
double first_token_us(Connection& connection, const std::string& request) {
  const auto start = test::now();
  connection.send(request);
  std::string answer;
  double us = 0;
  while (!answer.ends_with(kEnd)) {
    const auto bytes = connection.read();
    if (bytes.empty()) throw std::runtime_error("the connection ended: " + answer);
    answer += bytes;
    if (us == 0 && answer.find(kFirstToken) != std::string::npos) us = us_between(start, test::now());
  }
  return us;
}

}  // namespace

void first_token(Report& report) {
  const test::TestServer server({.models = {{.name = "a", .fake = {"token_ms=0"}}}});
  server.load("a");
  Connection direct(server.engine_address());
  Connection through = server.connect();
  const auto request =
      test::request_text("POST", "/v1/chat/completions", test::chat_body("a", {.max_tokens = 1}));
  std::vector<double> direct_us;
  std::vector<double> through_us;
  std::vector<double> added_us;
  for (int i = 0; i < kWarmUp + kPairs; ++i) {
    const double without = first_token_us(direct, request);
    const double with = first_token_us(through, request);
    if (i < kWarmUp) continue;
    direct_us.push_back(without);
    through_us.push_back(with);
    added_us.push_back(with - without);
  }
  report.topic(
      "Added time to first token",
      "One streamed chat request at a time to an engine that answers at once: to the engine's own unix "
      "socket, then through the server over TCP, 4,000 times in turn, on connections that are kept.");
  report.figure("engine alone, median", percentile(direct_us, 0.5), "µs");
  report.figure("engine alone, p99", percentile(direct_us, 0.99), "µs");
  report.figure("through the server, median", percentile(through_us, 0.5), "µs");
  report.figure("through the server, p99", percentile(through_us, 0.99), "µs");
  report.figure("added, median of the pairs", percentile(added_us, 0.5), "µs", Aim::at_most, 1000);
  report.figure("added, p99 of the pairs", percentile(added_us, 0.99), "µs");
}

}  // namespace signalbox::bench
