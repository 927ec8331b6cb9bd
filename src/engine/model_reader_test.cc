#include "engine/model_reader.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_pages.h"

namespace signalbox::engine {
namespace {

using Step = ModelReader::Step;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

class ModelReaderTest : public testing::Test {
 protected:
  std::string write(std::string_view name, std::uint64_t bytes) const {
    return folder_.write(name, std::string(bytes, 'm'));
  }
  [[nodiscard]] ModelReader::Options options() {
    return {.step_bytes = kMiB, .free_memory = [this](std::uint64_t in_use) {
              in_use_ = in_use;
              ++asked_;
              return free_;
            }};
  }
  // All steps but the last.
  Step read_all(ModelReader& reader, int* steps = nullptr) {
    for (int step = 1; step < 1000; ++step) {
      if (steps != nullptr) *steps = step;
      const auto outcome = reader.step();
      if (outcome != Step::more) return outcome;
    }
    return Step::more;
  }

  TestFolder folder_;
  std::optional<std::uint64_t> free_ = 100 * kGiB;
  std::uint64_t in_use_ = 0;
  int asked_ = 0;
};

TEST_F(ModelReaderTest, BringsAFileIntoThePageCache) {
  const auto path = write("m.gguf", 5 * kMiB + 1);
  SIGNALBOX_DROP_OR_SKIP(path, 5 * kMiB + 1);
  ModelReader reader(path, {}, options());
  int steps = 0;
  EXPECT_EQ(read_all(reader, &steps), Step::complete);
  EXPECT_EQ(bytes_in_page_cache(path, 0, 5 * kMiB + 1), 5 * kMiB + 4096);
  EXPECT_EQ(reader.bytes_read(), 5 * kMiB + 1);
  EXPECT_EQ(reader.bytes_resident(), 0U);
  EXPECT_EQ(steps, 6);
  EXPECT_EQ(reader.step(), Step::complete);
}

TEST_F(ModelReaderTest, LeavesAloneWhatIsThereAlready) {
  const auto path = write("m.gguf", 5 * kMiB);
  if (bytes_in_page_cache(path, 0, 5 * kMiB) < 5 * kMiB) GTEST_SKIP() << "what was written is not kept here";
  ModelReader reader(path, {}, options());
  int steps = 0;
  EXPECT_EQ(read_all(reader, &steps), Step::complete);
  EXPECT_EQ(steps, 1) << "nothing to pause for";
  EXPECT_EQ(reader.bytes_read(), 0U);
  EXPECT_EQ(reader.bytes_resident(), 5 * kMiB);
  EXPECT_EQ(asked_, 0) << "and no memory is needed for it";
}

TEST_F(ModelReaderTest, ReadsAllPartsInOrder) {
  const auto first = write("m-00001-of-00003.gguf", kMiB);
  const auto second = write("m-00002-of-00003.gguf", 2 * kMiB);
  const auto third = write("m-00003-of-00003.gguf", kMiB / 2);
  for (const auto& path : {first, second, third}) SIGNALBOX_DROP_OR_SKIP(path, 2 * kMiB);
  ModelReader reader(first, {}, options());
  EXPECT_EQ(reader.step(), Step::more);
  EXPECT_EQ(bytes_in_page_cache(first, 0, kMiB), kMiB);
  EXPECT_EQ(bytes_in_page_cache(second, 0, 2 * kMiB), 0U);
  EXPECT_EQ(reader.step(), Step::more);
  EXPECT_EQ(bytes_in_page_cache(third, 0, kMiB / 2), 0U);
  EXPECT_EQ(read_all(reader), Step::complete);
  EXPECT_EQ(bytes_in_page_cache(second, 0, 2 * kMiB), 2 * kMiB);
  EXPECT_EQ(bytes_in_page_cache(third, 0, kMiB / 2), kMiB / 2);
}

TEST_F(ModelReaderTest, EndsWhenMemoryGetsShort) {
  const auto path = write("m.gguf", 5 * kMiB);
  SIGNALBOX_DROP_OR_SKIP(path, 5 * kMiB);
  ModelReader reader(path, {}, options());
  free_ = ModelReader::kReserveBytes + 5 * kMiB;
  EXPECT_EQ(reader.step(), Step::more);
  free_ = ModelReader::kReserveBytes + 5 * kMiB - 1;
  EXPECT_EQ(bytes_in_page_cache(path, 0, 5 * kMiB), kMiB) << "no more than was asked for";
  EXPECT_EQ(reader.step(), Step::memory_short) << "what was read counts as free, so all of it must have room";
  EXPECT_EQ(reader.bytes_read(), kMiB);
}

TEST_F(ModelReaderTest, ReadsNothingWhereMemoryIsNotKnown) {
  const auto path = write("m.gguf", kMiB);
  SIGNALBOX_DROP_OR_SKIP(path, kMiB);
  for (const auto free : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(0)}) {
    free_ = free;
    ModelReader reader(path, {}, options());
    EXPECT_EQ(reader.step(), Step::memory_short);
    EXPECT_EQ(reader.bytes_read(), 0U);
  }
}

TEST_F(ModelReaderTest, LeavesWhatTheRunningEngineHasMapped) {
  const auto path = write("m.gguf", kMiB);
  SIGNALBOX_DROP_OR_SKIP(path, kMiB);
  ModelReader reader(path, {::getpid(), -1}, options());
  EXPECT_EQ(reader.step(), Step::complete);
  EXPECT_GT(in_use_, 0U) << "this program's own file";
}

TEST_F(ModelReaderTest, EndsWhenTheFileIsReplaced) {
  const auto path = write("m.gguf", 3 * kMiB);
  SIGNALBOX_DROP_OR_SKIP(path, 3 * kMiB);
  ModelReader reader(path, {}, options());
  EXPECT_EQ(reader.step(), Step::more);
  write("m.gguf", 4 * kMiB);
  EXPECT_EQ(reader.step(), Step::file_changed);
}

TEST_F(ModelReaderTest, EndsWhenAFileIsGone) {
  ModelReader none(folder_.path("none.gguf"), {}, options());
  EXPECT_EQ(none.step(), Step::file_unreadable);
  ModelReader folder(folder_.path(), {}, options());
  EXPECT_EQ(folder.step(), Step::file_unreadable);
  ModelReader part(write("m-00001-of-00002.gguf", kMiB), {}, options());
  EXPECT_EQ(part.step(), Step::file_unreadable) << "not the first part, if another one is missing";
  EXPECT_EQ(part.bytes_read(), 0U);
}

TEST_F(ModelReaderTest, ReadsNothingOnceItIsStopped) {
  const auto path = write("m.gguf", 3 * kMiB);
  SIGNALBOX_DROP_OR_SKIP(path, 3 * kMiB);
  ModelReader reader(path, {}, options());
  EXPECT_EQ(reader.step(), Step::more);
  reader.stop();
  EXPECT_EQ(reader.step(), Step::stopped);
  EXPECT_EQ(reader.bytes_read(), kMiB);
}

}  // namespace
}  // namespace signalbox::engine
