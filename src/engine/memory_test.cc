#include "engine/memory.h"

#include <filesystem>
#include <string_view>
#include <unistd.h>

#include <gtest/gtest.h>

#include "engine/test_folder.h"

namespace signalbox::engine {
namespace {

constexpr std::uint64_t kKiB = 1024;

// A /proc and a /sys of our own.
class Memory : public testing::Test {
 protected:
  void lay_out(std::string_view path, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.path(path)).parent_path());
    folder_.write(path, text);
  }
  void machine_has_available(std::uint64_t kib) const {
    lay_out("proc/meminfo", "MemFree: 1 kB\nMemAvailable: " + std::to_string(kib) + " kB\n");
  }
  void runs_in(std::string_view groups) const { lay_out("proc/self/cgroup", groups); }
  void group(const std::string& path, const std::string& limit, const std::string& usage,
             const std::string& stat) const {
    lay_out("sys/fs/cgroup" + path + "/memory.max", limit);
    lay_out("sys/fs/cgroup" + path + "/memory.current", usage);
    lay_out("sys/fs/cgroup" + path + "/memory.stat", stat);
  }
  void process(const std::string& number, const std::string& kib, const std::string& children) const {
    lay_out("proc/" + number + "/smaps_rollup",
            "Pss_Anon: " + kib + " kB\nPss_File: 1 kB\nPss_Shmem: 0 kB\n");
    lay_out("proc/" + number + "/task/" + number + "/children", children);
  }
  [[nodiscard]] std::string root() const { return folder_.path(); }

 private:
  TestFolder folder_;
};

TEST_F(Memory, IsWhatTheMachineHasWhereNoGroupLimitsIt) {
  machine_has_available(8);
  EXPECT_EQ(free_memory(0, root()), 8192U) << "no control groups at all";
  runs_in("0::/app.slice\n");
  group("/app.slice", "max\n", "1\n", "inactive_file 0\n");
  EXPECT_EQ(free_memory(0, root()), 8192U);
}

TEST_F(Memory, IsWhatTheTightestGroupAboveItLeaves) {
  machine_has_available(8);
  runs_in("0::/a/b\n");
  group("/a/b", "max\n", "3000\n", "inactive_file 1000\n");
  group("/a", "4000\n", "3000\n", "inactive_file 1000\n");
  EXPECT_EQ(free_memory(0, root()), 2000U);
  group("", "3500\n", "3000\n", "");
  EXPECT_EQ(free_memory(0, root()), 500U) << "a container's own group is its root";
}

TEST_F(Memory, CountsPagesThatWereUsedMoreThanOnceAsFree) {
  machine_has_available(8);
  runs_in("0::/a\n");
  group("/a", "6400\n", "6200\n", "inactive_file 100\nactive_file 5000\n");
  EXPECT_EQ(free_memory(0, root()), 5300U);
  EXPECT_EQ(free_memory(2000, root()), 3300U);
}

TEST_F(Memory, IsWhatAGroupMayHaveBeforeItIsSlowedDown) {
  machine_has_available(8);
  runs_in("0::/a\n");
  group("/a", "max\n", "3000\n", "");
  lay_out("sys/fs/cgroup/a/memory.high", "4800\n");
  EXPECT_EQ(free_memory(0, root()), 1800U);
  lay_out("sys/fs/cgroup/a/memory.max", "4000\n");
  EXPECT_EQ(free_memory(0, root()), 1000U);
}

TEST_F(Memory, KnowsTheOlderControlGroupsToo) {
  machine_has_available(8);
  runs_in("4:memory:/docker/x\n0::/\n");
  lay_out("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
  lay_out("sys/fs/cgroup/memory/memory.usage_in_bytes", "4500\n");
  lay_out("sys/fs/cgroup/memory/memory.stat",
          "inactive_file 9\ntotal_inactive_file 100\ntotal_active_file 50\n");
  EXPECT_EQ(free_memory(0, root()), 650U) << "the group's own path is the host's and not to be seen";
  lay_out("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(free_memory(0, root()), 8192U) << "how they say that there is no limit";
}

TEST_F(Memory, LeavesOutPageCacheThatIsInUse) {
  machine_has_available(8);
  EXPECT_EQ(free_memory(4096, root()), 4096U);
  EXPECT_EQ(free_memory(10'000, root()), 0U);
  runs_in("0::/a\n");
  group("/a", "2000\n", "1500\n", "inactive_file 1000\n");
  EXPECT_EQ(free_memory(400, root()), 1100U);
  EXPECT_EQ(free_memory(4096, root()), 500U) << "what the group has never taken is free all the same";
}

TEST_F(Memory, IsNotKnownWhereNothingCanBeRead) {
  EXPECT_EQ(free_memory(0, root()), std::nullopt);
  lay_out("proc/meminfo", "MemTotal: 5 kB\nMemAvail");
  EXPECT_EQ(free_memory(0, root()), std::nullopt);
}

TEST_F(Memory, OfAProcessIsThatOfAllItStarted) {
  process("10", "100", "11 12 ");
  process("11", "20", "13 ");
  process("12", "3", "");
  process("13", "4", "10 13 ");  // damaged: its own ancestor
  EXPECT_EQ(memory_of(10, root()), (ProcessMemory{.anonymous_bytes = 127 * kKiB, .file_bytes = 4 * kKiB}));
}

TEST_F(Memory, OfAProcessGoesBackToItsStatus) {
  lay_out("proc/10/status", "Name: x\nRssAnon: 5 kB\nRssFile: 6 kB\nRssShmem: 0 kB\n");
  EXPECT_EQ(memory_of(10, root()), (ProcessMemory{.anonymous_bytes = 5 * kKiB, .file_bytes = 6 * kKiB}));
}

TEST_F(Memory, OfAProcessThatIsGoneIsNotKnown) {
  EXPECT_EQ(memory_of(10, root()), std::nullopt);
  process("10", "1", "11");
  EXPECT_EQ(memory_of(10, root()), (ProcessMemory{.anonymous_bytes = kKiB, .file_bytes = kKiB}))
      << "a descendant that is gone counts nothing";
}

TEST_F(Memory, OfOneWithEndlessDescendantsEnds) {
  for (int number = 1; number < 600; ++number)
    process(std::to_string(number), "1", std::to_string(number + 1));
  EXPECT_EQ(memory_of(1, root()).value().anonymous_bytes, kProcessesMax * kKiB);
}

TEST(RealMemory, IsThere) {
  constexpr std::uint64_t kMiB = kKiB * kKiB;
  EXPECT_GT(free_memory().value_or(0), kMiB);
  const auto own = memory_of(::getpid());
  ASSERT_TRUE(own.has_value());
  EXPECT_GT(own->anonymous_bytes, kMiB);
  EXPECT_GT(own->file_bytes, 0U);
}

}  // namespace
}  // namespace signalbox::engine
