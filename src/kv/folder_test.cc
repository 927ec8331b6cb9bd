#include "kv/folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kv/hash.h"

namespace signalbox::kv {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    auto pattern = (fs::temp_directory_path() / "sbkv-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~FolderTest() override { fs::remove_all(root_); }
  FolderTest(const FolderTest&) = delete;
  FolderTest& operator=(const FolderTest&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (root_ / name).string(); }
  [[nodiscard]] static mode_t mode(const std::string& name) {
    struct stat seen{};
    EXPECT_EQ(::stat(name.c_str(), &seen), 0) << name;
    return seen.st_mode & 07777;
  }
  static std::string error_of(const std::string& folder) {
    const auto opened = Folder::open(folder);
    return opened ? "opened" : opened.error().message;
  }
  void engine_writes(const Folder& folder, StateId id, const std::string& bytes) const {
    std::ofstream(fs::path(folder.path()) / Folder::file_name(id), std::ios::binary) << bytes;
  }
  static SavedState state(std::uint64_t id, std::uint64_t bytes) {
    return {.id = StateId(id),
            .model = "m \"quoted\"",
            .fingerprint = Fingerprint(0xFFFF'FFFF'FFFF'FFFFU),
            .prefix = PromptPrefix("", std::string(600, 'x')),
            .tokens = 12,
            .bytes = bytes,
            .checksum = 5};
  }

  fs::path root_;
};

TEST_F(FolderTest, IsMadePrivateWithItsParents) {
  const auto folder = Folder::open(path("a/b/kv"));
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_EQ(mode(path("a")), 0700U);
  EXPECT_EQ(mode(path("a/b/kv")), 0700U);
  EXPECT_EQ(folder->path(), path("a/b/kv"));
}

TEST_F(FolderTest, SaysWhatIsWrongWithAPath) {
  std::ofstream(path("file")) << "x";
  EXPECT_THAT(error_of(path("file")), EndsWith("/file is not a folder"));
  EXPECT_THAT(error_of(path("file/kv")), HasSubstr("cannot be made: "));
  fs::create_directory(path("real"));
  fs::permissions(path("real"), fs::perms::owner_all);
  fs::create_directory_symlink(path("real"), path("link"));
  EXPECT_THAT(error_of(path("link")), EndsWith("/link is a symbolic link; give the folder itself"));
  fs::create_directory_symlink(path("nowhere"), path("dangling"));
  EXPECT_THAT(error_of(path("dangling")), HasSubstr("symbolic link"));
  fs::create_directory(path("open"));
  fs::permissions(path("open"), fs::perms::owner_all | fs::perms::others_read);
  EXPECT_THAT(error_of(path("open")), EndsWith("/open is open to others (mode 0704); it must be 0700"));
}

TEST_F(FolderTest, RefusesTheFolderOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make one";
  fs::create_directory(path("theirs"));
  fs::permissions(path("theirs"), fs::perms::owner_all);
  ASSERT_EQ(::chown(path("theirs").c_str(), 12345, 12345), 0);
  EXPECT_THAT(error_of(path("theirs")),
              HasSubstr("/theirs belongs to user 12345, not to the user of this server"));
}

TEST_F(FolderTest, ServesOneServerAtATime) {
  auto first = Folder::open(path("kv"));
  ASSERT_TRUE(first);
  EXPECT_THAT(error_of(path("kv")), EndsWith("/kv is in use by another server"));
  {
    const auto moved = std::move(*first);
  }
  EXPECT_EQ(error_of(path("kv")), "opened");
}

TEST_F(FolderTest, SealsWhatTheEngineWrote) {
  const auto folder = Folder::open(path("kv"));
  ASSERT_TRUE(folder);
  const std::string bytes(3'000'000, 'k');
  engine_writes(*folder, StateId(1), bytes);
  fs::permissions(path("kv/") + Folder::file_name(StateId(1)), fs::perms(0644));
  EXPECT_EQ(folder->seal(StateId(1)).value(), hash(bytes));
  EXPECT_EQ(mode(path("kv/") + Folder::file_name(StateId(1))), 0600U);
  EXPECT_EQ(folder->checksum(StateId(1), bytes.size()).value(), hash(bytes));
  EXPECT_FALSE(folder->checksum(StateId(1), bytes.size() + 1));
  EXPECT_FALSE(folder->seal(StateId(2)));
  folder->remove(StateId(1));
  EXPECT_FALSE(folder->checksum(StateId(1), bytes.size()));
}

TEST_F(FolderTest, FollowsNoLink) {
  const auto folder = Folder::open(path("kv"));
  ASSERT_TRUE(folder);
  std::ofstream(path("outside")) << "secret";
  fs::create_symlink(path("outside"), path("kv/") + Folder::file_name(StateId(1)));
  EXPECT_FALSE(folder->seal(StateId(1)));
  EXPECT_FALSE(folder->checksum(StateId(1), 6));
  folder->clear();
  EXPECT_TRUE(fs::exists(path("outside")));
  EXPECT_FALSE(fs::exists(path("kv/") + Folder::file_name(StateId(1))));
}

TEST_F(FolderTest, ReadsBackWhatWasWrittenDownAndRemovesTheRest) {
  {
    const auto folder = Folder::open(path("kv"));
    ASSERT_TRUE(folder);
    for (const std::uint64_t id : {1U, 2U, 3U, 4U}) {
      engine_writes(*folder, StateId(id), "abc");
      if (id != 4) EXPECT_TRUE(folder->write_down(state(id, id == 2 ? 99 : 3)));
    }
    std::ofstream(path("kv/0000000000000005.json")) << "{not json";
    std::ofstream(path("kv/mine.txt")) << "somebody's";
    EXPECT_EQ(mode(path("kv/0000000000000001.json")), 0600U);
  }
  const auto folder = Folder::open(path("kv"));
  ASSERT_TRUE(folder);
  const auto states = folder->read_back();
  ASSERT_THAT(states, SizeIs(2));
  EXPECT_EQ(states[0].id, StateId(1));
  EXPECT_EQ(states[1].id, StateId(3));
  EXPECT_EQ(states[0].model, "m \"quoted\"");
  EXPECT_EQ(states[0].fingerprint, Fingerprint(0xFFFF'FFFF'FFFF'FFFFU));
  EXPECT_EQ(states[0].prefix, PromptPrefix("", std::string(600, 'x')));
  EXPECT_EQ(states[0].tokens, 12U);
  EXPECT_EQ(states[0].checksum, 5U);
  EXPECT_FALSE(fs::exists(path("kv/0000000000000002.kv"))) << "not of the size that was written down";
  EXPECT_FALSE(fs::exists(path("kv/0000000000000004.kv"))) << "never written down";
  EXPECT_FALSE(fs::exists(path("kv/0000000000000005.json")));
  EXPECT_TRUE(fs::exists(path("kv/mine.txt")));
  folder->clear();
  EXPECT_THAT(folder->read_back(), IsEmpty());
  EXPECT_TRUE(fs::exists(path("kv/mine.txt")));
}

TEST_F(FolderTest, KnowsTheRoomThatIsLeft) {
  const auto folder = Folder::open(path("kv"));
  ASSERT_TRUE(folder);
  EXPECT_GT(folder->free_bytes().value(), 0U);
}

}  // namespace
}  // namespace signalbox::kv
