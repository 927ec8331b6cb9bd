#include "engine/memory_text.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(MemoryText, ReadsAFieldInKib) {
  const std::string text = "MemTotal:       24684084 kB\nMemFree:        23964152 kB\nMemAvailable:   7 kB\n";
  EXPECT_EQ(kib_field(text, "MemFree"), 23964152ULL * 1024);
  EXPECT_EQ(kib_field(text, "MemAvailable"), 7ULL * 1024);
  EXPECT_EQ(kib_field("MemAvailable: 3 kB", "MemAvailable"), 3ULL * 1024) << "no line break at the end";
  EXPECT_EQ(kib_field("MemAvailable: 18014398509481983 kB\n", "MemAvailable"), kMost - 1023);
}

TEST(MemoryText, TakesNoDamagedFieldForANumber) {
  for (const std::string text :
       {"", "\n", "MemAvailable", "MemAvailable:", "MemAvailable: kB\n", "MemAvailable: 5\n",
        "MemAvailable: 5 MB\n", "MemAvailable: 5x kB\n", "MemAvailable: -5 kB\n", "XMemAvailable: 5 kB\n",
        "MemAvailable: 18014398509481984 kB\n", "MemAvailable: 99999999999999999999999 kB\n"}) {
    EXPECT_EQ(kib_field(text, "MemAvailable"), std::nullopt) << text;
  }
}

TEST(MemoryText, ReadsAFieldOfAControlGroup) {
  EXPECT_EQ(stat_field("active_file 5\ninactive_file 4096\n", "inactive_file"), 4096U);
  EXPECT_EQ(stat_field("total_inactive_file 8\n", "inactive_file"), std::nullopt);
  EXPECT_EQ(stat_field("inactive_file x\n", "inactive_file"), std::nullopt);
  EXPECT_EQ(stat_field("", "inactive_file"), std::nullopt);
}

TEST(MemoryText, ReadsALoneNumber) {
  EXPECT_EQ(lone_number("4096\n"), 4096U);
  EXPECT_EQ(lone_number("18446744073709551615"), kMost);
  for (const std::string text : {"max\n", "", "\n", "-1\n", "12 13\n", "18446744073709551616\n"}) {
    EXPECT_EQ(lone_number(text), std::nullopt) << text;
  }
}

TEST(MemoryText, ReadsProcessNumbersUpToTheFirstDamage) {
  EXPECT_THAT(process_numbers("12 345 6 "), testing::ElementsAre(12, 345, 6));
  EXPECT_THAT(process_numbers(""), testing::IsEmpty());
  EXPECT_THAT(process_numbers("7 -1 8"), testing::ElementsAre(7));
  EXPECT_THAT(process_numbers("7 99999999999 8"), testing::ElementsAre(7));
}

TEST(MemoryText, ReadsAProcessesMemory) {
  EXPECT_EQ(memory_in_rollup("Rss: 9 kB\nPss_Anon: 1 kB\nPss_File: 2 kB\nPss_Shmem: 4 kB\n"),
            (ProcessMemory{.anonymous_bytes = 5120, .file_bytes = 2048}));
  EXPECT_EQ(memory_in_status("VmRSS:\t 7 kB\nRssAnon:\t 1 kB\nRssFile:\t 2 kB\nRssShmem:\t 4 kB\n"),
            (ProcessMemory{.anonymous_bytes = 5120, .file_bytes = 2048}));
  EXPECT_EQ(memory_in_rollup("Rss: 9 kB\nPss: 9 kB\n"), std::nullopt) << "before Linux 5.4";
  EXPECT_EQ(memory_in_rollup("Pss_Anon: 18014398509481983 kB\nPss_File: 2 kB\nPss_Shmem: 4 kB\n"),
            std::nullopt);
  EXPECT_EQ(memory_in_status("Name: zombie\n"), std::nullopt);
}

TEST(MemoryText, FindsAProcessesControlGroups) {
  const auto unified = memory_groups("0::/user.slice/app.scope\n");
  EXPECT_EQ(unified.v2, "/user.slice/app.scope");
  EXPECT_EQ(unified.v1, std::nullopt);
  const auto both = memory_groups("12:cpu,memory:/docker/a:b\n3:cpuset:/x\n0::/\n");
  EXPECT_EQ(both.v1, "/docker/a:b");
  EXPECT_EQ(both.v2, "/");
  for (const std::string text : {"", "memory\n", "4:memory\n", "4:memory:\n", "4:memory:docker\n", "::\n"}) {
    const auto none = memory_groups(text);
    EXPECT_FALSE(none.v1 || none.v2) << text;
  }
}

TEST(MemoryText, NamesAllGroupsAboveOne) {
  EXPECT_THAT(with_all_above("/a/b"), testing::ElementsAre("/a/b", "/a", ""));
  EXPECT_THAT(with_all_above("/"), testing::ElementsAre(""));
  EXPECT_THAT(with_all_above("/../../a"), testing::ElementsAre("")) << "it leaves its root";
  EXPECT_THAT(with_all_above("/.."), testing::ElementsAre(""));
  std::string deep;
  for (int level = 0; level < 1000; ++level) deep += "/a";
  EXPECT_EQ(with_all_above(deep).size(), 33U);
}

TEST(MemoryText, TellsWhatAGroupMayStillTake) {
  struct Case {
    std::optional<std::uint64_t> limit, usage;
    std::uint64_t reclaimable;
    std::optional<std::uint64_t> free;
  };
  for (const auto& [limit, usage, reclaimable, free] :
       {Case{100, 60, 0, 40}, Case{100, 60, 20, 60}, Case{100, 100, 30, 30}, Case{100, 120, 30, 30},
        Case{100, 60, 500, 100}, Case{100, 0, 500, 100}, Case{kMost, 5, kMost, kMost}, Case{0, 60, kMost, 0},
        Case{std::nullopt, 60, 20, std::nullopt}, Case{100, std::nullopt, 20, std::nullopt}}) {
    EXPECT_EQ(free_in(GroupFigures{.limit = limit, .usage = usage, .reclaimable = reclaimable}), free)
        << limit.value_or(0) << ' ' << usage.value_or(0) << ' ' << reclaimable;
  }
}

}  // namespace
}  // namespace signalbox::engine
