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
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  Report report;
  for (const auto& [name, measure] : topics) {
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
    fmt::print(stderr, "bench: {}\n", name);
    measure(report);
  }
  for (const auto& missed : report.missed()) fmt::print(stderr, "bench: missed its aim: {}\n", missed);
  return report.all_aims_met() ? 0 : 1;
}
