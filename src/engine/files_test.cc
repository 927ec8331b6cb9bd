#include "engine/files.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_folder.h"

namespace signalbox::engine {
namespace {

std::string complaint(const std::string& path) {
  const auto outcome = check_model_file(path);
  return outcome ? "" : outcome.error().message;
}

TEST(CheckModelFile, TakesWhatBeginsLikeAModel) {
  const TestFolder folder;
  EXPECT_EQ(complaint(folder.write("m.gguf", std::string("GGUF\x03\0\0\0", 8))), "");
}

TEST(CheckModelFile, TellsOneFileFromAnotherOfTheSameName) {
  const TestFolder folder;
  const auto path = folder.write("m.gguf", "GGUF one");
  const auto first = check_model_file(path);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->size, 8U);
  EXPECT_EQ(check_model_file(path).value(), *first);
  const auto other = folder.write("other.gguf", "GGUF two");
  std::filesystem::rename(other, path);
  EXPECT_NE(check_model_file(path).value(), *first);
}

TEST(CheckModelFile, SaysThatThereIsNoFile) {
  const TestFolder folder;
  EXPECT_EQ(complaint(folder.path("x.gguf")), folder.path("x.gguf") + ": no such file");
  EXPECT_EQ(check_model_file(folder.path("x.gguf")).error().code, ErrorCode::not_found);
  const auto file = folder.write("file", "GGUF");
  EXPECT_EQ(complaint(file + "/x.gguf"), file + "/x.gguf: no such file");
  EXPECT_EQ(complaint(""), ": no such file");
}

TEST(CheckModelFile, SaysWhatAnotherFileBeginsWith) {
  const TestFolder folder;
  const auto zip = folder.write("x.gguf", "PK\x03\x04 and more");
  EXPECT_EQ(complaint(zip), zip + R"( is not a GGUF file: begins with 'PK\x03\x04')");
  const auto quote = folder.write("q.gguf", "'\\\n\xff");
  EXPECT_EQ(complaint(quote), quote + R"( is not a GGUF file: begins with '\x27\x5c\x0a\xff')");
  const auto brief = folder.write("s.gguf", "GG");
  EXPECT_EQ(complaint(brief), brief + " is not a GGUF file: begins with 'GG'");
  const auto empty = folder.write("e.gguf", "");
  EXPECT_EQ(complaint(empty), empty + " is not a GGUF file: it is empty");
}

TEST(CheckModelFile, RefusesFoldersAndIsNotHeldUpByAPipe) {
  const TestFolder folder;
  EXPECT_EQ(complaint(folder.path()), folder.path() + " is a folder, not a file");
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(complaint(folder.path("pipe")), folder.path("pipe") + " is not a regular file");
}

TEST(CheckModelFile, SaysThatItMayNotRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TestFolder folder;
  const auto file = folder.write("x.gguf", "GGUF");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  EXPECT_EQ(complaint(file), file + ": permission denied");
}

TEST(IdentifyFiles, KnowsEachFileOfAListAndItsScale) {
  const TestFolder folder;
  const auto a = folder.write("a.gguf", "one");
  const auto b = folder.write("b.gguf", "one");
  const std::vector<std::vector<std::string>> ways = {
      {"--lora", b}, {"--lora=" + b}, {"--lora", a + "," + b}, {"--lora-scaled", a + ":0.5," + b + ":1"}};
  std::vector<std::uint64_t> before;
  for (const auto& way : ways) before.push_back(identify_files(way));
  for (std::size_t i = 0; i < ways.size(); ++i) EXPECT_EQ(identify_files(ways[i]), before[i]);
  folder.write("b.gguf", "another");
  for (std::size_t i = 0; i < ways.size(); ++i) EXPECT_NE(identify_files(ways[i]), before[i]) << i;
}

TEST(IdentifyFiles, KnowsAFileThatIsNamedTwice) {
  const TestFolder folder;
  const auto a = folder.write("a.gguf", "one");
  const auto before = identify_files({a, a});
  EXPECT_NE(before, identify_files({}));
  folder.write("a.gguf", "another");
  EXPECT_NE(identify_files({a, a}), before);
}

TEST(FindProgram, LooksThroughTheSearchPathInOrder) {
  const TestFolder first;
  const TestFolder second;
  const auto search = first.path() + "::" + second.path();
  first.write("engine", "not executable");
  second.script("engine", "exit 0");
  second.script("other", "exit 0");
  EXPECT_EQ(find_program("engine", search)->path, second.path("engine"));
  first.script("other", "exit 0");
  EXPECT_EQ(find_program("other", search)->path, first.path("other"));
}

TEST(FindProgram, TakesAPathAsItStands) {
  const TestFolder folder;
  const auto program = folder.script("engine", "exit 0");
  EXPECT_EQ(find_program(program, "")->path, program);
}

TEST(FindProgram, SaysWhatIsMissing) {
  const TestFolder folder;
  EXPECT_EQ(find_program("engine", folder.path()).error().message, "engine was not found on PATH");
  EXPECT_EQ(find_program("engine", "").error().message, "engine was not found on PATH");
  EXPECT_EQ(find_program("", "/bin").error().message, "the engine's command is empty");
  EXPECT_EQ(find_program("/nowhere/engine", "").error().message, "cannot run /nowhere/engine: no such file");
  EXPECT_EQ(find_program(folder.path(), "").error().message,
            "cannot run " + folder.path() + ": permission denied");
  const auto file = folder.write("file", "");
  EXPECT_EQ(find_program(file, "").error().message, "cannot run " + file + ": permission denied");
}

TEST(FindProgram, NoticesAnotherProgramUnderTheSameName) {
  const TestFolder folder;
  const auto path = folder.script("engine", "exit 0");
  const auto before = find_program(path, "");
  EXPECT_EQ(*before, *find_program(path, ""));
  folder.script("engine", "exit 10");
  EXPECT_NE(*before, *find_program(path, ""));
  folder.script("engine", "exit 0");
  std::filesystem::last_write_time(path,
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_NE(*before, *find_program(path, ""));
}

}  // namespace
}  // namespace signalbox::engine
