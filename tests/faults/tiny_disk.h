// A disk with room for very little, for tests of what happens when it is full.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace signalbox::test {

// A file system of its own with room for very little. Needs the right to mount one.
class TinyDisk {
 public:
  // `options` of a tmpfs.
  explicit TinyDisk(std::string_view options = "size=64k,nr_inodes=16") {
    auto pattern = (std::filesystem::temp_directory_path() / "sbd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return;
    path_ = pattern;
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, fmt::format("{},mode=0700", options).c_str()) == 0;
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
    std::ofstream bytes(path_ + "/bytes");
    const std::string piece(100'000, 'x');
    while (bytes << piece << std::flush) {
    }
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

}  // namespace signalbox::test

#define SKIP_WITHOUT_DISK(disk) \
  if (!(disk).mounted()) GTEST_SKIP() << "NOT TESTED: a full disk needs the right to mount a tmpfs (root)"
