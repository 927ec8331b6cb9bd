// Keys from every place they may stand in, and that none is ever shown.
#include "config/secret.h"

#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"

namespace signalbox::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string with_keys(std::string_view keys) {
  return "server:\n  api_keys: " + std::string(keys) + "\n" + std::string(kOneModel);
}

ApiKey plain(std::string key) {
  return {.key = std::move(key)};
}

class KeyFile {
 public:
  explicit KeyFile(const std::string& text)
      : path_(::testing::TempDir() + "signalbox-key-" + std::to_string(::getpid())) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~KeyFile() { std::remove(path_.c_str()); }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Secret, StandsInTheFileAVariableOrAnotherFile) {
  const KeyFile file("sk-file\n");
  const auto loaded =
      Loading()
          .variable("MY_KEY", "sk-env")
          .config(
              with_keys("[sk-text, \"${env:MY_KEY}2\", {key_env: MY_KEY}, {key_file: " + file.path() + "}]"));
  EXPECT_THAT(loaded.config.server.api_keys,
              ElementsAre(plain("sk-text"), plain("sk-env2"), plain("sk-env"), plain("sk-file")));
}

TEST(Secret, StandsInTheServersVariable) {
  const auto loaded = Loading().variable("SIGNALBOX_SERVER_API_KEYS", "sk-1 sk-2").config(kOneModel);
  EXPECT_THAT(loaded.config.server.api_keys, ElementsAre(plain("sk-1"), plain("sk-2")));
  const auto listed = Loading()
                          .variable("K", "sk-3")
                          .variable("SIGNALBOX_SERVER_API_KEYS", "[{key_env: K}, sk-4]")
                          .config(kOneModel);
  EXPECT_THAT(listed.config.server.api_keys, ElementsAre(plain("sk-3"), plain("sk-4")));
}

TEST(Secret, IsNeverShown) {
  const auto loaded =
      Loading().variable("SIGNALBOX_SERVER_API_KEYS", "sk-1 sk-2").config(with_keys("[sk-text]"));
  EXPECT_EQ(value_of(loaded, "server.api_keys").text, "[***, ***]");
  for (const auto& line : override_lines(loaded)) EXPECT_THAT(line, Not(HasSubstr("sk-"))) << line;
}

TEST(Secret, IsNotShownByErrorsEither) {
  for (const auto* keys : {"sk-lonely", "{a: sk-1}", "[[sk-nested]]", "[{key: sk- 1}]", "[\"sk- blank\"]",
                           "[sk-\xC3\xA4]", "[\"sk-\\x01\"]", "[{key: sk-a, key_file: sk-b}]"}) {
    EXPECT_THAT(errors_of(with_keys(keys)),
                ElementsAre(AllOf(StartsWith("models.yaml:2:"), HasSubstr("server.api_keys "),
                                  Not(HasSubstr("sk-")))))
        << keys;
  }
}

TEST(Secret, SaysWhatIsMissing) {
  EXPECT_THAT(
      errors_of(with_keys("[{key_env: NO_SUCH}]")),
      ElementsAre("models.yaml:2:24: server.api_keys needs the variable NO_SUCH, which is not set; set it or "
                  "name another"));
  EXPECT_THAT(errors_of(with_keys("[{key_file: /no/such}]")),
              ElementsAre("models.yaml:2:25: server.api_keys needs the file /no/such, which cannot be read"));
  EXPECT_THAT(errors_of(with_keys("[{key_file: /}]")), SizeIs(1)) << "a folder";
}

TEST(Secret, HasALength) {
  const std::string longest(kSecretBytesMax, 'k');
  EXPECT_THAT(errors_of(with_keys("[" + longest + "]")), SizeIs(0));
  EXPECT_THAT(errors_of(with_keys("[" + longest + "k]")), ElementsAre(HasSubstr("1 to 4096")));
  const KeyFile file(longest + "\r\n");
  EXPECT_THAT(errors_of(with_keys("[{key_file: " + file.path() + "}]")), SizeIs(0));
  const KeyFile endless(std::string(100'000, 'k'));
  EXPECT_THAT(errors_of(with_keys("[{key_file: " + endless.path() + "}]")),
              ElementsAre(HasSubstr("1 to 4096")));
}

}  // namespace
}  // namespace signalbox::config
