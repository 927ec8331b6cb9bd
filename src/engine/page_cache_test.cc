#include "engine/page_cache.h"

#include <gtest/gtest.h>

#include "engine/test_pages.h"

namespace signalbox::engine {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

class PageCache : public testing::Test {
 protected:
  [[nodiscard]] FileSpan span(std::uint64_t offset, std::uint64_t bytes) const {
    return {.fd = file_.get(), .offset = offset, .bytes = bytes};
  }
  TestFolder folder_;
  std::string path_ = folder_.write("m", std::string(4 * kMiB + 100, 'm'));
  Descriptor file_ = open_to_read_ahead(path_);
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> read_ = 0;
};

TEST_F(PageCache, IsFilledByReading) {
  SIGNALBOX_DROP_OR_SKIP(path_, 4 * kMiB + 100);
  const auto last = span(3 * kMiB, kMiB + 100);
  const auto resident = resident_pages(last, path_);
  EXPECT_EQ(resident.size(), 257U);
  EXPECT_EQ(read_pages(last, resident, stop_, read_), ReadOutcome::done);
  EXPECT_EQ(read_, kMiB + 100);
  EXPECT_EQ(bytes_in_page_cache(path_, 0, kMiB), 0U);
  EXPECT_EQ(bytes_in_page_cache(path_, 3 * kMiB, kMiB + 100), kMiB + 4096);
}

TEST_F(PageCache, IsNotReadOnceMore) {
  ASSERT_GT(bytes_in_page_cache(path_, 0, kMiB), 0U) << "it has just been written";
  auto resident = resident_pages(span(0, kMiB), path_);
  resident.assign(resident.size(), true);
  resident[7] = resident[9] = resident[10] = false;
  EXPECT_EQ(read_pages(span(0, kMiB), resident, stop_, read_), ReadOutcome::done);
  EXPECT_EQ(read_, 3U * 4096);
}

TEST_F(PageCache, EndsWhenItIsToldTo) {
  stop_ = true;
  EXPECT_EQ(read_pages(span(0, kMiB), std::vector<bool>(256, false), stop_, read_), ReadOutcome::stopped);
  EXPECT_EQ(read_, 0U);
}

TEST_F(PageCache, SaysSoWhenTheFileHasBecomeShorter) {
  ASSERT_EQ(::truncate(path_.c_str(), 4096), 0);
  EXPECT_EQ(read_pages(span(0, kMiB), std::vector<bool>(256, false), stop_, read_), ReadOutcome::failed);
}

TEST_F(PageCache, IsTakenForEmptyWhereNothingIsToldOfIt) {
  EXPECT_EQ(resident_pages({.fd = -1, .offset = 0, .bytes = 8192}, path_), std::vector<bool>(2, false));
  EXPECT_TRUE(resident_pages(span(0, 0), path_).empty());
}

}  // namespace
}  // namespace signalbox::engine
