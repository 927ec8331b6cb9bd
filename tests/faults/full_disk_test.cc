// No room: the folder of the engines' sockets, the server's own log, a limit on the size of files.
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

// A file system of its own with room for very little. Needs the right to mount one.
class TinyDisk {
 public:
  TinyDisk() {
    auto pattern = (std::filesystem::temp_directory_path() / "sbd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return;
    path_ = pattern;
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=64k,nr_inodes=16,mode=0700") == 0;
  }
  ~TinyDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  // Until neither a byte nor a file fits.
  void fill() const {
    std::ofstream(path_ + "/bytes") << std::string(100'000, 'x');
    for (int i = 0; i < kFilesMax; ++i) std::ofstream(fmt::format("{}/file-{}", path_, i)) << "";
  }
  void clear() const {
    std::filesystem::remove(path_ + "/bytes");
    for (int i = 0; i < kFilesMax; ++i) std::filesystem::remove(fmt::format("{}/file-{}", path_, i));
  }

 private:
  static constexpr int kFilesMax = 20;
  std::string path_;
  bool mounted_ = false;
};

#define SKIP_WITHOUT_DISK(disk) \
  if (!(disk).mounted()) GTEST_SKIP() << "NOT TESTED: a full disk needs the right to mount a tmpfs (root)"

TEST(FullDisk, AtTheStartMeansThatSocketsGoElsewhere) {
  SKIP_WITHOUT_REAL_ENGINE();
  const TinyDisk disk;
  SKIP_WITHOUT_DISK(disk);
  disk.fill();
  FaultServer server(real_setup({.environment = {"XDG_RUNTIME_DIR=" + disk.path(), "TMPDIR=" + disk.path(),
                                                 "XDG_CACHE_HOME=" + disk.path()}}));
  expect_recovered(server, "a");
}

TEST(FullDisk, InTheMiddleIsAFailedLoadThatSaysWhy) {
  SKIP_WITHOUT_REAL_ENGINE();
  const TinyDisk disk;
  SKIP_WITHOUT_DISK(disk);
  FaultServer server(real_setup({.scheduler = {"load_timeout: 5s"},
                                 .environment = {"XDG_RUNTIME_DIR=" + disk.path(), "TMPDIR=" + disk.path(),
                                                 "XDG_CACHE_HOME=" + disk.path()}}));
  disk.fill();
  auto waiting = server.stream_chat("a");
  const auto ending = ending_of(waiting);
  EXPECT_EQ(ending.how, How::told) << "the engine cannot make its socket";
  EXPECT_EQ(ending.type, "model_load_failed");
  EXPECT_THAT(ending.words, HasSubstr("socket"));
  disk.clear();
  EXPECT_EQ(server.select("a", "?wait=true").status, 200U);
  disk.fill();
  EXPECT_EQ(server.chat("a").status, 200U) << "what runs needs no disk";
  disk.clear();
  expect_recovered(server, "b");
}

TEST(FullDisk, UnderTheLogDoesNotHurt) {
  SKIP_WITHOUT_REAL_ENGINE();
  FaultServer server(real_setup({.output = "/dev/full"}));
  auto stream = server.stream_chat("a", {.max_tokens = 16});
  EXPECT_EQ(ending_of(stream).how, How::done);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(server.chat("nobody").status, 404U);
  EXPECT_LT(to_ms(cpu_time_of(server.pid())), 20'000);
  expect_recovered(server, "b");
}

// The limit is inherited by the engine, whose own log goes through a pipe.
TEST(FileSizeLimit, UnderTheLogDoesNotHurt) {
  SKIP_WITHOUT_REAL_ENGINE();
  constexpr auto kUnderTheLimit = R"(ulimit -f 8 && exec "$@")";  // 4 KiB in sh
  FaultServer server(real_setup({.under = {"/bin/sh", "-c", kUnderTheLimit, "sh"}}));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(server.chat("nobody").status, 404U);
  ASSERT_GE(server.log_text().size(), 4096U) << "the limit was not reached";
  auto stream = server.stream_chat("a", {.max_tokens = 16});
  EXPECT_EQ(ending_of(stream).how, How::done);
  expect_recovered(server, "b");
}

}  // namespace
}  // namespace signalbox::test
