// What `check` and `config` print.
#include "cli/config_command.h"

#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_process.h"

namespace signalbox::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using CheckCommand = Process;
using ConfigCommand = Process;

TEST_F(CheckCommand, SaysThatAFileIsValid) {
  write_models();
  EXPECT_EQ(type({"check"}), 0);
  EXPECT_EQ(out(), "models.yaml is valid: 2 models\n");
  EXPECT_THAT(err(), IsEmpty());
  write("one.yaml", "models:\n- path: a.gguf\n");
  EXPECT_EQ(type({"check", "--config", "one.yaml"}), 0);
  EXPECT_EQ(out(), "one.yaml is valid: 1 model\n");
}

TEST_F(CheckCommand, WarnsAndStillAccepts) {
  write("models.yaml", "models:\n- name: a\n  path: /nowhere/x.gguf\n");
  EXPECT_EQ(type({"check"}), 0);
  EXPECT_EQ(err(),
            "warning: models.yaml:3:9: models.a.path is /nowhere/x.gguf, which is not there; a load of this "
            "model will fail\n");
}

TEST_F(CheckCommand, PrintsEveryErrorOnALineOfItsOwn) {
  write_models("scheduler:\n  wait_timeout: ten\n  load_timeout: 1d\n");
  EXPECT_EQ(type({"check"}), 2);
  EXPECT_THAT(out(), IsEmpty());
  EXPECT_EQ(std::ranges::count(err(), '\n'), 2);
  EXPECT_THAT(err(), StartsWith("models.yaml:2:17: scheduler.wait_timeout is \"ten\";"));
  EXPECT_THAT(err(), HasSubstr("\nmodels.yaml:3:17: scheduler.load_timeout is \"1d\";"));
}

TEST_F(CheckCommand, KeepsControlCharactersOffTheTerminal) {
  write_models("scheduler:\n  wait_timeout: \"\\e[31mred\\n\"\n");
  EXPECT_EQ(type({"check"}), 2);
  EXPECT_THAT(err(), Not(HasSubstr("\x1b")));
  EXPECT_EQ(std::ranges::count(err(), '\n'), 1);
}

TEST_F(CheckCommand, SaysThatThereIsNoFile) {
  EXPECT_EQ(type({"check"}), 2);
  EXPECT_THAT(err(), HasSubstr("name one with --config FILE or SIGNALBOX_CONFIG"));
}

TEST_F(ConfigCommand, PrintsEveryValueWithItsOrigin) {
  write_models("scheduler:\n  wait_timeout: 20s\n");
  environment_["SIGNALBOX_SERVER_MAX_BODY_BYTES"] = "1MiB";
  EXPECT_EQ(type({"config", "--wait-timeout", "10s", "--set", "models.b.slots=2"}), 0);
  EXPECT_THAT(out(), ::testing::ContainsRegex("^KEY +VALUE +ORIGIN\n"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("\nserver.listen +127.0.0.1:8080 +default\n"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("\nserver.max_body_bytes +1MiB +environment "
                                              "SIGNALBOX_SERVER_MAX_BODY_BYTES, was 64MiB \\(default\\)\n"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("\nmodels.a.path +[^ ]*/a.gguf +models.yaml:5:9\n"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("\nscheduler.default_model +- +default\n"));
  EXPECT_THAT(out(),
              ::testing::ContainsRegex(
                  "\nmodels.a.wait_timeout +10s +flag --wait-timeout, was 20s \\(models.yaml:2:17\\)\n"));
  EXPECT_THAT(out(),
              ::testing::ContainsRegex("\nmodels.b.slots +2 +--set models.b.slots, was 4 \\(default\\)\n"));
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
}

TEST_F(ConfigCommand, UsesColourOnATerminal) {
  write_models();
  medium_ = Medium::terminal;
  EXPECT_EQ(type({"config", "--slots", "2"}), 0);
  EXPECT_THAT(out(), HasSubstr("\x1b[33mdefaults.slots\x1b[0m"));
  environment_["TERM"] = "dumb";
  EXPECT_EQ(type({"config", "--slots", "2"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
}

TEST_F(ConfigCommand, PrintsJson) {
  write_models();
  EXPECT_EQ(type({"config", "--json", "--wait-timeout", "10s"}), 0);
  const auto printed = boost::json::parse(out());
  EXPECT_EQ(printed.at("file").as_string(), "models.yaml");
  bool is_found = false;
  for (const auto& value : printed.at("values").as_array()) {
    if (value.at("key").as_string() != "scheduler.wait_timeout") continue;
    is_found = true;
    EXPECT_EQ(value.at("value").as_string(), "10s");
    EXPECT_EQ(value.at("origin").as_string(), "flag --wait-timeout");
    EXPECT_EQ(value.at("was").at("value").as_string(), "30s");
    EXPECT_EQ(value.at("was").at("origin").as_string(), "default");
  }
  EXPECT_TRUE(is_found);
}

TEST_F(ConfigCommand, HidesSecrets) {
  write_models("engine:\n  args: [--api-key, s3cret]\n");
  EXPECT_EQ(type({"config"}), 0);
  EXPECT_THAT(out(), HasSubstr("[--api-key, ***]"));
  EXPECT_THAT(out(), Not(HasSubstr("s3cret")));
}

TEST_F(ConfigCommand, FailsOnErrors) {
  write_models("sever: {}\n");
  EXPECT_EQ(type({"config"}), 2);
  EXPECT_THAT(out(), IsEmpty());
  EXPECT_THAT(err(), HasSubstr("did you mean server?"));
}

TEST(AlignedTable, CountsCharactersAndLeavesNothingAtTheEnd) {
  EXPECT_EQ(
      aligned({{{"a"}, {"caf\xC3\xA9"}, {"x"}}, {{"bbb"}, {"cafes"}, {"y"}}, {{"c"}, {""}, {""}}}, false),
      "a    caf\xC3\xA9   x\nbbb  cafes  y\nc\n");
}

}  // namespace
}  // namespace signalbox::cli
