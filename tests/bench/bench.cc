// Measures what docs/benchmarks.md shows and prints its tables. Not a test: figures depend on the machine.
// `bench [topic...]`; status 1 if an aim was missed. scripts/bench.sh runs it from a release build.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "bench/topics.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);  // TestServer checks that nothing is left of it
  using namespace signalbox::bench;
  const std::vector<std::pair<std::string, std::function<void(Report&)>>> topics = {
      {"first_token", first_token}, {"chunk_rate", chunk_rate},   {"waiting_streams", waiting_streams},
      {"large_body", large_body},   {"real_switch", real_switch},
  };
  // `make bench-switch` names them.
  const std::vector<std::pair<std::string, std::function<void(Report&)>>> named_only = {
      {"compared_switches", compared_switches},
      {"compared_overlap", compared_overlap},
      {"compared_revisit", compared_revisit},
      {"compared_conversations", compared_conversations}};
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  Report report;
  const auto run = [&](const auto& topic) {
    fmt::print(stderr, "bench: {}\n", topic.first);
    topic.second(report);
  };
  const auto is_named = [&](const auto& topic) {
    return std::ranges::find(wanted, topic.first) != wanted.end();
  };
  for (const auto& topic : topics) {
    if (wanted.empty() || is_named(topic)) run(topic);
  }
  for (const auto& topic : named_only) {
    if (is_named(topic)) run(topic);
  }
  for (const auto& missed : report.missed()) fmt::print(stderr, "bench: missed its aim: {}\n", missed);
  return report.all_aims_met() ? 0 : 1;
}
