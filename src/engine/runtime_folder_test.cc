#include "engine/runtime_folder.h"

#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_folder.h"

namespace signalbox::engine {
namespace {

using ::testing::StartsWith;

TEST(RuntimeFolder, IsPrivateAndGoneAfterwards) {
  const TestFolder parent;
  std::string path;
  {
    const auto folder = RuntimeFolder::make(parent.path());
    ASSERT_TRUE(folder) << folder.error().message;
    path = folder->path();
    EXPECT_THAT(path, StartsWith(parent.path() + "/signalbox-"));
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777U, 0700U);
    std::ofstream(path + "/engine-1.sock") << "left behind by a killed engine";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RuntimeFolder, IsRemovedByItsLastOwnerOnly) {
  const TestFolder parent;
  auto first = RuntimeFolder::make(parent.path());
  ASSERT_TRUE(first);
  const auto path = first->path();
  {
    const RuntimeFolder second = std::move(*first);
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_EQ(second.path(), path);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RuntimeFolder, GoesToTmpWhereTheVariableIsOfNoUse) {
  const std::string too_long = "/tmp/" + std::string(90, 'x');
  for (const std::string& variable :
       {std::string(), std::string("relative"), std::string("/no/such/place"), too_long}) {
    const auto folder = RuntimeFolder::make(variable);
    ASSERT_TRUE(folder) << variable;
    EXPECT_THAT(folder->path(), StartsWith("/tmp/signalbox-")) << variable;
  }
}

TEST(RuntimeFolder, PassesOverAParentInWhichTheLongestSocketPathWouldNotFit) {
  const TestFolder parent;
  const auto longest_name = socket_path("/signalbox-XXXXXX", Epoch(18'446'744'073'709'551'615U));
  const auto room = kSocketPathBytesMax - longest_name.size() - parent.path().size() - 1;
  const auto fits = parent.path(std::string(room, 'd'));
  const auto does_not = parent.path(std::string(room + 1, 'd'));
  std::filesystem::create_directory(fits);
  std::filesystem::create_directory(does_not);
  EXPECT_THAT(RuntimeFolder::make(fits)->path(), StartsWith(fits));
  EXPECT_THAT(RuntimeFolder::make(does_not)->path(), StartsWith("/tmp/signalbox-"));
}

TEST(SocketPath, IsAnotherForEachEngineAndHasTheEndingThatMakesItASocket) {
  EXPECT_EQ(socket_path("/run/x", Epoch(7)), "/run/x/engine-7.sock");
}

}  // namespace
}  // namespace signalbox::engine
