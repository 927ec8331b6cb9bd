// The command line: which command runs with what, and the exit codes of wrong ones.
#include "cli/run.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test_process.h"
#include "config/keys.h"
#include "config/reference.h"

namespace signalbox::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using CommandLineTest = Process;

TEST_F(CommandLineTest, TellsItsVersion) {
  EXPECT_EQ(type({"--version"}), 0);
  EXPECT_THAT(out(), StartsWith("signalbox 0."));
}

TEST_F(CommandLineTest, HelpsAStranger) {
  EXPECT_EQ(type({"--help"}), 0);
  for (const auto* part : {"serve", "check", "config", "status", "models", "select", "completion", "man",
                           "Exit codes:\n  0  It worked.\n"}) {
    EXPECT_THAT(out(), HasSubstr(part));
  }
  EXPECT_THAT(out(), Not(HasSubstr("guard")));
  EXPECT_THAT(err(), IsEmpty());
}

TEST_F(CommandLineTest, HelpsWithEveryFlagOfTheTable) {
  EXPECT_EQ(type({"serve", "--help"}), 0);
  for (const config::Key& key : config::keys()) {
    if (!key.flag.empty()) EXPECT_THAT(out(), HasSubstr(std::string(key.flag)));
  }
  EXPECT_THAT(out(), HasSubstr("--set KEY=VALUE"));
  EXPECT_THAT(out(), Not(HasSubstr("`")));
}

TEST_F(CommandLineTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(type({}), 2);
  EXPECT_EQ(type({"sreve"}), 2);
  EXPECT_EQ(type({"serve", "--wait-tiemout", "1s"}), 2);
  EXPECT_THAT(err(), HasSubstr("--wait-tiemout"));
  EXPECT_EQ(type({"serve", "--wait-timeout"}), 2);
  EXPECT_EQ(type({"select"}), 2);
  EXPECT_EQ(type({"serve", "--log-level", "loud"}), 2);
  EXPECT_EQ(type({"check", "extra"}), 2);
}

TEST_F(CommandLineTest, ServesTheLoadedConfiguration) {
  write_models();
  EXPECT_EQ(type({"serve", "--wait-timeout", "5s", "--list-aliases", "--set", "models.b.queue_size=2",
                  "--set", "defaults.slots=7", "--engine-args", "-t 1", "--listen=127.0.0.1:0"}),
            42);
  EXPECT_EQ(served_.config.models.at(0).wait_timeout, std::chrono::seconds(5));
  EXPECT_EQ(served_.config.models.at(1).queue_size, 2U);
  EXPECT_EQ(served_.config.models.at(1).slots, 7U);
  EXPECT_TRUE(served_.config.server.list_aliases);
  EXPECT_THAT(served_.config.engine.args, ElementsAre("-t", "1"));
  EXPECT_EQ(served_.config.server.listen, "127.0.0.1:0");
}

TEST_F(CommandLineTest, TakesEveryFlagOfTheTable) {
  write_models();
  for (const config::Key& key : config::keys()) {
    if (key.flag.empty() || key.type == config::Type::boolean) continue;
    std::string value(key.default_text.empty() ? "1" : key.default_text);
    if (key.name == "default_model") value = "b";
    if (key.name == "allowed_origins") value = "https://chat.example";
    EXPECT_EQ(type({"serve", std::string(key.flag), value}), 42) << key.flag << err();
    const auto found = std::ranges::find(served_.values, full_name(key), &config::EffectiveValue::key);
    ASSERT_NE(found, served_.values.end());
    EXPECT_EQ(to_string(found->origin), "flag " + std::string(key.flag));
  }
}

TEST_F(CommandLineTest, TakesTheLastOfAFlagGivenTwice) {
  write_models();
  EXPECT_EQ(type({"serve", "--slots", "2", "--slots", "3", "--list-aliases", "--list-aliases=false"}), 42);
  EXPECT_EQ(served_.config.models.at(0).slots, 3U);
  EXPECT_FALSE(served_.config.server.list_aliases);
}

TEST_F(CommandLineTest, TakesSetsWithBracketsWhole) {
  write_models();
  EXPECT_EQ(type({"serve", "--set", "engine.args=[-t, \"a b\"]", "--set", "models[\"b\"].args=[x,y]"}), 42);
  EXPECT_THAT(served_.config.engine.args, ElementsAre("-t", "a b"));
  EXPECT_THAT(served_.config.models.at(1).args, ElementsAre("x", "y"));
}

TEST_F(CommandLineTest, RefusesAWrongBooleanFlag) {
  write_models();
  EXPECT_EQ(type({"serve", "--list-aliases=maybe"}), 2);
  EXPECT_THAT(err(), HasSubstr("--list-aliases"));
}

TEST_F(CommandLineTest, DoesNotServeWithErrors) {
  write_models("server:\n  lisen: x\n");
  EXPECT_EQ(type({"serve", "--slots", "no"}), 2);
  EXPECT_THAT(err(), StartsWith("models.yaml:2:3: server.lisen is not a known key;"));
  EXPECT_THAT(err(), HasSubstr("\nflag --slots: defaults.slots is \"no\";"));
}

TEST_F(CommandLineTest, LogsTextOnATerminalAndJsonElsewhere) {
  write_models();
  type({"serve"});
  EXPECT_EQ(log_.format, log::Format::json);
  EXPECT_EQ(log_.level, log::Level::info);
  EXPECT_FALSE(log_.colour);
  type({"serve", "--log-format", "text", "--log-level", "debug"});
  EXPECT_EQ(log_.format, log::Format::text);
  EXPECT_EQ(log_.level, log::Level::debug);
  EXPECT_FALSE(log_.colour);
  medium_ = Medium::terminal;
  type({"serve"});
  EXPECT_EQ(log_.format, log::Format::text);
  EXPECT_TRUE(log_.colour);
  type({"serve", "--log-format", "json"});
  EXPECT_EQ(log_.format, log::Format::json);
  EXPECT_FALSE(log_.colour);
  environment_["NO_COLOR"] = "1";
  type({"serve"});
  EXPECT_FALSE(log_.colour);
}

TEST_F(CommandLineTest, PrintsTheReference) {
  EXPECT_EQ(type({"config", "--reference"}), 0);
  EXPECT_EQ(out(), config::reference());
}

}  // namespace
}  // namespace signalbox::cli
