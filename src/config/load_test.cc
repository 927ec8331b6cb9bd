// Where the file is looked for, which value wins, and where each says it comes from.
#include "config/load.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"
#include "config/yaml_source.h"

namespace signalbox::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The sources of one key, from the weakest to the strongest.
constexpr std::size_t kSources = 8;

// A loader and a file in which `wait_timeout` is given by each source whose bit is set, as 101s, 102s, ...
LoadedConfig given_by(unsigned sources) {
  const auto has = [&](std::size_t source) { return (sources >> source & 1U) != 0; };
  std::string text;
  if (has(1)) text += "scheduler: {wait_timeout: 101s}\n";
  if (has(2)) text += "defaults: {wait_timeout: 102s}\n";
  text += "models:\n- name: big\n  path: /m\n";
  if (has(3)) text += "  wait_timeout: 103s\n";
  Loading loading;
  if (has(4)) loading.variable("SIGNALBOX_SCHEDULER_WAIT_TIMEOUT", "104s");
  if (has(5)) loading.flag("--wait-timeout", "105s");
  if (has(6)) loading.set("scheduler.wait_timeout=106s");
  if (has(7)) loading.set("models.big.wait_timeout=107s");
  return loading.config(text);
}

std::string text_of(std::size_t source) {
  return source == 0 ? "30s" : std::to_string(100 + source) + "s";
}

TEST(Precedence, HoldsForEveryPairOfSources) {
  for (std::size_t weak = 0; weak < kSources; ++weak) {
    for (std::size_t strong = weak + 1; strong < kSources; ++strong) {
      const auto loaded = given_by(1U << weak | 1U << strong);
      const auto& value = value_of(loaded, "models.big.wait_timeout");
      EXPECT_EQ(value.text, text_of(strong)) << weak << " and " << strong;
      ASSERT_TRUE(value.was.has_value());
      EXPECT_EQ(value.was->text, text_of(weak)) << weak << " and " << strong;
      EXPECT_EQ(format_duration(loaded.config.models.at(0).wait_timeout), text_of(strong));
    }
  }
}

TEST(Precedence, TakesTheStrongestOfAll) {
  const auto loaded = given_by(0xFF);
  EXPECT_EQ(told(loaded, "models.big.wait_timeout"), "107s from --set models.big.wait_timeout");
  EXPECT_EQ(told(loaded, "scheduler.wait_timeout"), "106s from --set scheduler.wait_timeout");
}

TEST(Precedence, LetsOneModelDifferFromTheOthers) {
  const auto loaded = Loading().config(
      "defaults: {slots: 2}\nmodels:\n- {name: a, path: /m, slots: 3}\n- {name: b, path: /m}\n");
  EXPECT_EQ(loaded.config.models.at(0).slots, 3U);
  EXPECT_EQ(loaded.config.models.at(1).slots, 2U);
}

TEST(Precedence, ReplacesAListAsAWhole) {
  const auto loaded = Loading().config(
      "engine: {args: [-t]}\ndefaults: {args: [a]}\nmodels:\n- {name: a, path: /m, args: [b]}\n- {name: b, "
      "path: /m}\n");
  EXPECT_THAT(loaded.config.models.at(0).args, ElementsAre("b"));
  EXPECT_THAT(loaded.config.models.at(1).args, ElementsAre("a"));
  EXPECT_THAT(loaded.config.engine.args, ElementsAre("-t"));
}

TEST(Workers, AreTheSlotsUnlessGiven) {
  const auto loaded = Loading().config(
      "models:\n- {name: a, path: /m, slots: 6}\n- {name: b, path: /m, slots: 6, workers: 2}\n");
  EXPECT_EQ(loaded.config.models.at(0).workers, 6U);
  EXPECT_EQ(told(loaded, "models.a.workers"), "6 from default");
  EXPECT_EQ(loaded.config.models.at(1).workers, 2U);
}

TEST(Origin, IsToldForEverySource) {
  const std::array<std::string, kSources> origins = {"default",
                                                     "models.yaml:1:27",
                                                     "models.yaml:1:26",
                                                     "models.yaml:4:17",
                                                     "environment SIGNALBOX_SCHEDULER_WAIT_TIMEOUT",
                                                     "flag --wait-timeout",
                                                     "--set scheduler.wait_timeout",
                                                     "--set models.big.wait_timeout"};
  for (std::size_t source = 0; source < kSources; ++source) {
    EXPECT_EQ(to_string(value_of(given_by(1U << source), "models.big.wait_timeout").origin),
              origins.at(source));
  }
}

TEST(Origin, IsThereForEveryKey) {
  const auto loaded = Loading().config(kOneModel);
  for (const Key& key : keys()) {
    if (key.scope != Scope::one_model)
      EXPECT_EQ(to_string(value_of(loaded, full_name(key)).origin), "default") << key.name;
    if (belongs_in(key, Section::model) && key.name != "name")
      value_of(loaded, "models.big." + std::string(key.name));
  }
  EXPECT_EQ(told(loaded, "models.big.path"), "/m/big.gguf from models.yaml:3:9");
}

TEST(OverrideLines, TellWhatWasReplacedOnce) {
  const auto loaded = Loading()
                          .flag("--wait-timeout", "10s")
                          .variable("SIGNALBOX_SERVER_MAX_BODY_BYTES", "1MiB")
                          .set("models.a.queue_size=5")
                          .config(
                              "scheduler:\n  wait_timeout: 30s\nmodels:\n- {name: a, path: /m}\n- {name: b, "
                              "path: /m, wait_timeout: 7s}\n");
  EXPECT_THAT(
      override_lines(loaded),
      ElementsAre(
          "config override key=server.max_body_bytes value=1MiB origin=environment "
          "SIGNALBOX_SERVER_MAX_BODY_BYTES was=64MiB (default)",
          "config override key=scheduler.wait_timeout value=10s origin=flag --wait-timeout was=30s "
          "(models.yaml:2)",
          "config override key=models.a.queue_size value=5 origin=--set models.a.queue_size was=10 (default)",
          "config override key=models.b.wait_timeout value=10s origin=flag --wait-timeout was=7s "
          "(models.yaml:5)"));
}

TEST(OverrideLines, AreNoneWithTheFileAlone) {
  EXPECT_THAT(
      override_lines(Loading().config("defaults: {slots: 2}\nmodels:\n- {name: a, path: /m, slots: 3}\n")),
      IsEmpty());
}

TEST(OverrideLines, HideSecrets) {
  const auto lines =
      override_lines(Loading().variable("SIGNALBOX_ENGINE_ARGS", "--api-key s3cret").config(kOneModel));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("value=[--api-key, ***]"));
}

// A folder of its own with a few files.
class ConfigSearch : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("signalbox_load_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    request_.working_directory = folder_.string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void file(const std::string& name, std::string_view model) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "models:\n- name: " << model << "\n  path: x.gguf\n";
  }
  std::string model() {
    const auto loaded = load(request_);
    return loaded ? loaded->config.models.at(0).name + " in " + loaded->file
                  : to_string(loaded.error().at(0));
  }

  std::filesystem::path folder_;
  LoadRequest request_;
};

TEST_F(ConfigSearch, GoesFromFlagToVariableToFolderToHome) {
  EXPECT_THAT(model(), StartsWith("models.yaml: is not there, looked at models.yaml; name one with --config "
                                  "FILE or SIGNALBOX_CONFIG"));
  request_.environment["HOME"] = folder_.string() + "/home";
  EXPECT_THAT(model(), HasSubstr("looked at models.yaml and " + folder_.string() +
                                 "/home/.config/signalbox/models.yaml;"));
  file("home/.config/signalbox/models.yaml", "home");
  EXPECT_EQ(model(), "home in " + folder_.string() + "/home/.config/signalbox/models.yaml");
  request_.environment["XDG_CONFIG_HOME"] = folder_.string() + "/xdg";
  file("xdg/signalbox/models.yaml", "xdg");
  EXPECT_EQ(model(), "xdg in " + folder_.string() + "/xdg/signalbox/models.yaml");
  file("models.yaml", "here");
  EXPECT_EQ(model(), "here in models.yaml");
  file("variable.yaml", "variable");
  request_.environment["SIGNALBOX_CONFIG"] = "variable.yaml";
  EXPECT_EQ(model(), "variable in variable.yaml");
  file("sub/flag.yaml", "flag");
  request_.config = "sub/flag.yaml";
  EXPECT_EQ(model(), "flag in sub/flag.yaml");
}

TEST_F(ConfigSearch, TakesPathsRelativeToTheFile) {
  file("sub/flag.yaml", "flag");
  request_.config = "sub/flag.yaml";
  EXPECT_EQ(load(request_)->config.models.at(0).path, (folder_ / "sub/x.gguf").string());
}

TEST_F(ConfigSearch, DoesNotGoOnFromAFileThatWasNamed) {
  file("models.yaml", "here");
  request_.config = "nope.yaml";
  EXPECT_EQ(model(), "nope.yaml: is not there; a readable file is needed");
  request_.config = ".";
  EXPECT_EQ(model(), ".: is a folder; a file is allowed");
}

TEST_F(ConfigSearch, ReadsNoMoreThanTheLimit) {
  request_.config = "/dev/zero";
  EXPECT_EQ(model(), "/dev/zero:1:1: the file is too large; at most 1048576 bytes are allowed");
}

TEST(EnvironmentMap, TakesVariablesApart) {
  const std::array<const char*, 4> variables = {"A=1", "B=x=y", "broken", nullptr};
  EXPECT_THAT(environment_of(variables.data()), ElementsAre(std::pair("A", "1"), std::pair("B", "x=y")));
}

}  // namespace
}  // namespace signalbox::config
