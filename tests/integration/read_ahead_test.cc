// The next model's file is read while the active model is still busy, and only if it may be.
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/eventually.h"
#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kFileBytes = 3'000'000;

// The model's file becomes larger than one page, and leaves the page cache where that is possible.
void make_large(const TestServer& server, std::size_t index) {
  const auto file = server.model_file(index);
  std::filesystem::remove(file);  // perhaps a link to one that others use
  std::ofstream(file, std::ios::binary) << "GGUF" << std::string(kFileBytes - 4, 'm');
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ::fsync(descriptor);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
}

// Model a is busy until "go", and somebody waits for b.
struct BusyServer {
  explicit BusyServer(std::vector<std::string> engine)
      : server({.models = {{.name = "a", .fake = {"tokens_until=@/go"}}, {.name = "b"}},
                .scheduler = {"min_visit: 0"},
                .engine = std::move(engine)}) {
    make_large(server, 1);
  }
  // Lets a finish and waits for b's answer.
  void finish(EventStream& running, EventStream& waiting) const {
    server.touch("go");
    EXPECT_TRUE(transcript_of(running.rest()).done);
    EXPECT_TRUE(transcript_of(waiting.rest()).done);
  }
  TestServer server;
};

TEST(ReadAhead, OfTheNextModelsFileHappensWhileTheActiveOneIsBusy) {
  BusyServer busy({});
  const auto& server = busy.server;
  auto running = server.run_chat("a", {.max_tokens = 8});
  auto waiting = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return !server.log("model file read ahead").empty(); }));
  EXPECT_EQ(server.active_model(), "a");
  EXPECT_EQ(server.model_status("b").at("loads").as_int64(), 0);
  const auto line = server.log("model file read ahead").front();
  EXPECT_EQ(line.at("model").as_string(), "b");
  EXPECT_EQ(line.at("end").as_string(), "complete");
  EXPECT_EQ(line.at("bytes_read").as_int64() + line.at("bytes_resident").as_int64(), kFileBytes);
  const auto metrics = server.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr(R"(signalbox_readahead_stopped_total{reason="complete"} 1)"));
  EXPECT_THAT(metrics, HasSubstr("signalbox_readahead_bytes_total{model=\"b\"} " +
                                 std::to_string(line.at("bytes_read").as_int64()) + "\n"));
  busy.finish(running, waiting);
  EXPECT_THAT(server.log("model file read ahead"), SizeIs(1)) << "not of the first load, which left nothing";
}

TEST(ReadAhead, IsNotDoneWhereItIsOff) {
  BusyServer busy({"readahead: off"});
  const auto& server = busy.server;
  auto running = server.run_chat("a", {.max_tokens = 8});
  auto waiting = server.stream_chat("b");
  ASSERT_TRUE(eventually([&] { return !server.log("switch started").empty(); }));
  busy.finish(running, waiting);
  EXPECT_EQ(server.active_model(), "b");
  EXPECT_THAT(server.log("model file read ahead"), IsEmpty());
  EXPECT_THAT(server.get("/metrics").body, HasSubstr("signalbox_readahead_bytes_total{model=\"b\"} 0\n"));
}

}  // namespace
}  // namespace signalbox::test
