#include "engine/load_progress.h"

#include <cstdint>
#include <unistd.h>

#include <gtest/gtest.h>

namespace signalbox::engine {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

TEST(ProgressOfPages, IsAShareOfTheFile) {
  const auto progress = progress_of_pages(::getpid(), 1000 * kGiB);
  ASSERT_TRUE(progress.has_value());
  EXPECT_LT(*progress, 10U) << "this program has not mapped ten GiB";
}

TEST(ProgressOfPages, IsNotKnownForSmallFilesAndDeadEngines) {
  EXPECT_FALSE(progress_of_pages(::getpid(), 1024).has_value());
  EXPECT_FALSE(progress_of_pages(::getpid(), 0).has_value());
  EXPECT_FALSE(progress_of_pages(-1, kGiB).has_value());
}

}  // namespace
}  // namespace signalbox::engine
