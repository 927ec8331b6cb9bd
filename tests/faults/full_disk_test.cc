// No room: the folder of the engines' sockets, the server's own log, a limit on the size of files.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/ending.h"
#include "faults/real_engine.h"
#include "faults/recovery.h"
#include "faults/tiny_disk.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;

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
