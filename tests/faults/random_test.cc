// Seeded mixtures of faults. SIGNALBOX_FAULT_RUNS says how many (25; 1,000 in `make test-faults`),
// SIGNALBOX_FAULT_SEED which is the first, SIGNALBOX_FAULT_PARALLEL how many at once. After the first
// violation no new run begins.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "faults/random_run.h"

namespace signalbox::test {
namespace {

std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string replay(std::uint64_t seed) {
  return fmt::format(
      "seed {0}; again: SIGNALBOX_FAULT_SEED={0} SIGNALBOX_FAULT_RUNS=1 {1} "
      "--gtest_filter='FaultRuns.*'",
      seed, std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST(FaultRuns, LeaveAServerThatServes) {
  constexpr std::uint64_t kRunsWithAWord = 100;
  const auto runs = number("SIGNALBOX_FAULT_RUNS", 25);
  const auto first = number("SIGNALBOX_FAULT_SEED", 1);
  std::atomic<std::uint64_t> next = 0;
  RunCounts counts;
  const auto work = [&] {
    for (auto i = next++; i < runs && !HasFailure(); i = next++) {
      SCOPED_TRACE(replay(first + i));
      try {
        carry_out(draw_run(first + i), counts);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      if ((i + 1) % kRunsWithAWord == 0) fmt::print(stderr, "{} of {} runs\n", i + 1, runs);
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < number("SIGNALBOX_FAULT_PARALLEL", 4); ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  fmt::print("{} runs: {}\n", runs, testing::PrintToString(counts));
}

}  // namespace
}  // namespace signalbox::test
