// The model's file, as the server sees it: another one under the same name, and how far a load of it is.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_server.h"

namespace signalbox::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(ModelFileRecord, AChangedFileIsLoggedAtItsNextLoad) {
  TestServer server({.models = {{.name = "a"}, {.name = "b"}}, .scheduler = {"min_visit: 0"}});
  server.load("a");
  server.load("b");
  server.load("a");
  EXPECT_THAT(server.log("model file changed"), IsEmpty());
  std::ofstream(server.path("new.gguf")) << "GGUF of another model";
  std::filesystem::rename(server.path("new.gguf"), server.path("model-0.gguf"));
  server.load("b");
  server.load("a");
  ASSERT_TRUE(eventually([&] { return !server.log("model file changed").empty(); }));
  const auto lines = server.log("model file changed");
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_EQ(lines[0].at("model").as_string(), "a");
  EXPECT_EQ(lines[0].at("bytes").as_int64(), 21);
}

TEST(ModelFileRecord, ResidentPagesAreTheProgressOfAnEngineThatMapsItsFile) {
  constexpr std::uintmax_t kFileBytes = std::uintmax_t{300} * 1024 * 1024;  // a hole: it takes no disk
  TestServer server({.models = {{.name = "a", .fake = {"map_percent=60", "load_until=@/go"}}},
                     .scheduler = {"heartbeat_interval: 20ms"}});
  std::filesystem::resize_file(server.path("model-0.gguf"), kFileBytes);
  auto stream = server.stream_chat("a");
  double progress = 0;
  while (progress < 0.5) {
    const auto metadata = stream.next_status("loading").metadata();
    const auto* told = metadata.if_contains("progress");
    if (told != nullptr) progress = told->to_number<double>();
  }
  EXPECT_LT(progress, 0.8) << "60 % and the program's own pages";
  server.touch("go");
  EXPECT_TRUE(transcript_of(stream.rest()).done);
}

}  // namespace
}  // namespace signalbox::test
