// A log that nobody takes: standard error is a pipe whose reader has stopped.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "faults/ending.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

// Open for reading, so that it can be written to; never read.
class UnreadPipe {
 public:
  UnreadPipe() {
    auto pattern = (std::filesystem::temp_directory_path() / "sbp-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return;
    folder_ = pattern;
    if (::mkfifo(path().c_str(), 0600) == 0) descriptor_ = ::open(path().c_str(), O_RDWR | O_CLOEXEC);
  }
  ~UnreadPipe() {
    ::close(descriptor_);
    std::filesystem::remove_all(folder_);
  }
  UnreadPipe(const UnreadPipe&) = delete;
  UnreadPipe& operator=(const UnreadPipe&) = delete;

  [[nodiscard]] std::string path() const { return folder_ + "/log"; }
  // So much that no line fits any more.
  void fill() const {
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    const std::string bytes(4096, 'x');
    while (::write(descriptor_, bytes.data(), bytes.size()) > 0) continue;
  }

 private:
  std::string folder_;
  int descriptor_ = -1;
};

TEST(LogReader, ThatHasStoppedHoldsUpNeitherServingNorTheEnd) {
  const UnreadPipe pipe;
  TestServer server({.models = {{.name = "a"}}, .output = pipe.path()});
  pipe.fill();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(server.chat("nobody").status, 404U);
  auto stream = server.stream_chat("a");
  EXPECT_EQ(ending_of(stream).how, How::done);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_exit(), 0);
}

}  // namespace
}  // namespace signalbox::test
