// The rules that tie several values together, each with the place it is told at.
#include "config/checks.h"

#include <fstream>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"

namespace signalbox::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> errors_with(std::string_view part) {
  return errors_of(std::string(part) + std::string(kOneModel));
}

TEST(Checks, RefuseReservedNames) {
  EXPECT_THAT(
      errors_of("models:\n- name: select\n  path: /m\n- name: a\n  aliases: [x, status]\n  path: /m\n"),
      ElementsAre("models.yaml:2:9: the model's name is select; any but status and select is allowed",
                  "models.yaml:5:16: an alias of a is status; any but status and select is allowed"));
}

TEST(Checks, RefuseNamesThatAreTaken) {
  EXPECT_THAT(errors_of("models:\n- {name: a, path: /m}\n- {name: a, path: /m}\n"),
              ElementsAre("models.yaml:3:10: the model's name is a, which is taken (models.yaml:2:10); each "
                          "name and alias is allowed once"));
}

TEST(Checks, RefuseAnAliasThatIsAName) {
  EXPECT_THAT(errors_of("models:\n- {name: a, aliases: [b], path: /m}\n- {name: b, path: /m}\n"),
              ElementsAre("models.yaml:2:23: an alias of a is b, which is taken (models.yaml:3:10); each "
                          "name and alias is allowed once"));
  EXPECT_THAT(errors_of("models:\n- {name: a, aliases: [a], path: /m}\n"),
              ElementsAre(StartsWith("models.yaml:2:23: an alias of a is a")));
}

TEST(Checks, RefuseAnAliasThatStandsTwice) {
  EXPECT_THAT(
      errors_of("models:\n- {name: a, aliases: [x, y], path: /m}\n- {name: b, aliases: [z, x], path: /m}\n"),
      ElementsAre("models.yaml:3:26: an alias of b is x, which is taken (models.yaml:2:23); each name and "
                  "alias is allowed once"));
  EXPECT_THAT(errors_of("models:\n- {name: a, aliases: [x, x], path: /m}\n"),
              ElementsAre(StartsWith("models.yaml:2:26: an alias of a is x")));
}

TEST(Checks, RefuseTwoPathsWithOneName) {
  EXPECT_THAT(errors_of("models:\n- path: /m/a.gguf\n- path: /n/a.gguf\n"),
              ElementsAre(StartsWith("models.yaml:3:9: the model's name is a, which is taken")));
}

TEST(Checks, RefuseUglyNames) {
  for (const auto* name : {"\"a,b\"", "\" a\"", "\"a \""}) {
    EXPECT_THAT(
        errors_of("models:\n- name: " + std::string(name) + "\n  path: /m\n"),
        ElementsAre(AllOf(
            StartsWith("models.yaml:2:9: the model's name is \""),
            HasSubstr("; 1 to 128 bytes are allowed, without control characters, commas and outer spaces"))))
        << name;
  }
  EXPECT_THAT(errors_of("models:\n- name: " + std::string(129, 'x') + "\n  path: /m\n"),
              ElementsAre(StartsWith("models.yaml:2:9: ")));
  EXPECT_THAT(errors_of("models:\n- name: a\n  aliases: [\"\", \"b\\n\"]\n  path: /m\n"),
              ElementsAre(StartsWith("models.yaml:3:13: an alias of a is \"\""),
                          StartsWith("models.yaml:3:17: an alias of a is \"b")));
}

TEST(Checks, AllowNamesThatPeopleUse) {
  EXPECT_THAT(errors_of("models:\n- {name: org/model:7b-q4_K.M, path: /m}\n- {name: My Model, path: /m}\n- "
                        "{name: caf\xC3\xA9, path: /m}\n- {name: " +
                        std::string(128, 'x') + ", path: /m}\n"),
              IsEmpty());
}

TEST(Checks, RefuseWorkersOverSlots) {
  EXPECT_THAT(
      errors_of("models:\n- name: a\n  path: /m\n  slots: 2\n  workers: 3\n"),
      ElementsAre(
          "models.yaml:5:12: models.a.workers is 3; at most its slots are allowed: 2 (models.yaml:4:10)"));
  EXPECT_THAT(
      errors_of("models:\n- name: a\n  path: /m\n  workers: 5\n"),
      ElementsAre("models.yaml:4:12: models.a.workers is 5; at most its slots are allowed: 4 (default)"));
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  slots: 3\n  workers: 3\n"), IsEmpty());
}

TEST(Checks, RefuseAModelThatGivesTheTierWhichItForbids) {
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  priority: forbid\n  service_tier: priority\n"),
              ElementsAre("models.yaml:5:17: models.a.service_tier is priority, and its priority is forbid "
                          "(models.yaml:4:13); default or flex is allowed"));
  EXPECT_THAT(errors_of("scheduler:\n  service_tier: priority\nmodels:\n- {name: a, path: /m, priority: "
                        "forbid}\n- {name: b, path: /m}\n"),
              ElementsAre(StartsWith("models.yaml:2:17: models.a.service_tier is priority")));
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  priority: forbid\n  service_tier: flex\n"),
              IsEmpty());
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  service_tier: priority\n"), IsEmpty());
}

TEST(Checks, SayNothingOfWhatFollowsFromAnError) {
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  slots: eight\n  workers: 6\n"),
              ElementsAre(StartsWith("models.yaml:4:10: models.a.slots")));
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  priority: never\n  service_tier: priority\n"),
              ElementsAre(StartsWith("models.yaml:4:13: models.a.priority")));
}

TEST(Checks, RefuseMoreContextThanAnEngineCounts) {
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  slots: 1024\n  context: 16777216\n"),
              ElementsAre("models.yaml:5:12: models.a.context is 16777216 for each of 1024 slots; 2147483647 "
                          "tokens together are allowed"));
}

class OwnedFlag : public ::testing::TestWithParam<std::string> {};

TEST_P(OwnedFlag, IsRefusedInArgs) {
  const std::string flag = GetParam().substr(0, GetParam().find('='));
  const std::string told = " holds " + flag +
                           ", which Signalbox sets itself; any flag is allowed but --host, --port, --alias, "
                           "-a, -np, --parallel, --slot-save-path";
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  args: [-t, \"" + GetParam() + "\"]\n"),
              ElementsAre("models.yaml:4:14: models.a.args" + told));
  EXPECT_THAT(errors_with("engine:\n  args: [\"" + GetParam() + "\"]\n"),
              ElementsAre("models.yaml:2:10: engine.args" + told));
  EXPECT_THAT(errors_with("engine:\n  command: [x, \"" + GetParam() + "\"]\n"),
              ElementsAre("models.yaml:2:16: engine.command" + told));
  EXPECT_THAT(errors_with("defaults:\n  args: [\"" + GetParam() + "\"]\n"),
              ElementsAre("models.yaml:2:10: defaults.args" + told));
}

INSTANTIATE_TEST_SUITE_P(All, OwnedFlag,
                         ::testing::Values("--host", "--port", "--alias", "-a", "-np", "--parallel",
                                           "--slot-save-path", "--host=::", "--port=1", "--alias=x", "-np=2",
                                           "--parallel=2", "--slot-save-path=/tmp"));

TEST(Checks, AllowFlagsThatOnlyBeginAlike) {
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  args: [--host-x, -npx, --ports]\n"), IsEmpty());
}

TEST(Checks, RefuseAnUnknownDefaultModel) {
  EXPECT_THAT(
      errors_with("scheduler:\n  default_model: bigg\n"),
      ElementsAre(
          "models.yaml:2:18: scheduler.default_model is \"bigg\"; one of big is allowed; did you mean big?"));
}

TEST(Checks, RefuseAnAddressThatOthersReach) {
  for (const auto* address : {"0.0.0.0:8080", "\"[::]:8080\"", "192.168.1.5:80", "\"[::ffff:0.0.0.0]:80\""}) {
    const std::string part = "server:\n  listen: " + std::string(address) + "\n";
    EXPECT_THAT(errors_with(part),
                ElementsAre(AllOf(StartsWith("models.yaml:2:11: server.listen is "),
                                  HasSubstr("others with a key or with server.allow_unauthenticated: true"))))
        << address;
    const auto loaded = Loading().config(part + "  allow_unauthenticated: true\n" + std::string(kOneModel));
    EXPECT_THAT(Loading::texts(loaded.warnings),
                ::testing::Contains(
                    AllOf(StartsWith("models.yaml:2:11: server.listen is "), HasSubstr("without a key"))))
        << address;
  }
}

TEST(Checks, AllowAnAddressThatOthersReachWithAKey) {
  const auto loaded =
      Loading().config("server:\n  listen: 0.0.0.0:8080\n  api_keys: [sk-1]\n" + std::string(kOneModel));
  EXPECT_THAT(Loading::texts(loaded.warnings), Not(::testing::Contains(HasSubstr("without a key"))));
  EXPECT_THAT(errors_with("server:\n  listen: 0.0.0.0:8080\n  api_keys: []\n"), SizeIs(1));
  // Told is what is wrong with the key, and not also that there is none.
  EXPECT_THAT(errors_with("server:\n  listen: 0.0.0.0:8080\n  api_keys: [\"\"]\n"),
              ElementsAre(HasSubstr("holds a key of 0 bytes")));
}

TEST(Checks, AllowOriginsAsBrowsersSendThem) {
  EXPECT_THAT(errors_with("server:\n  allowed_origins: [\"https://a.example\", \"http://localhost:3000\", "
                          "\"app://obsidian.md\", \"http://[::1]:80\"]\n"),
              IsEmpty());
  for (const auto* origin :
       {"a.example", "https://a.example/", "https://", "://x", "https://*.example", "https://a b"}) {
    EXPECT_THAT(errors_with("server:\n  allowed_origins: [\"" + std::string(origin) + "\"]\n"),
                ElementsAre(AllOf(StartsWith("models.yaml:2:21: server.allowed_origins holds"),
                                  HasSubstr("scheme://host"))))
        << origin;
  }
}

TEST(Checks, AllowEveryOriginOnlyWithAKey) {
  EXPECT_THAT(errors_with("server:\n  allowed_origins: [\"*\"]\n"),
              ElementsAre(HasSubstr("every web page could use this server")));
  EXPECT_THAT(errors_with("server:\n  allowed_origins: [\"*\"]\n  api_keys: [k]\n"), IsEmpty());
}

TEST(Checks, AllowHostsWithAndWithoutAPort) {
  EXPECT_THAT(errors_with("server:\n  allowed_hosts: [box.lan, \"box.lan:8080\"]\n"), IsEmpty());
  for (const auto* host : {"http://box.lan", "*.lan", "", "a b"}) {
    EXPECT_THAT(errors_with("server:\n  allowed_hosts: [\"" + std::string(host) + "\"]\n"),
                ElementsAre(HasSubstr("host or host:port is allowed")))
        << host;
  }
}

std::vector<std::string> errors_of_command(std::string_view keys) {
  return errors_of("models:\n- name: big\n  launcher: command\n" + std::string(keys));
}

TEST(Checks, AllowAModelWithACommand) {
  const auto loaded = Loading()
                          .variable("DIR", "/opt")
                          .config(
                              "models:\n- name: big\n  launcher: command\n  health: /v1/models\n"
                              "  command: [\"${env:DIR}/vllm\", serve, --port, \"${port}\", "
                              "--served-model-name, \"${model}\"]\n");
  const Model& model = loaded.config.models.at(0);
  EXPECT_EQ(model.launcher, Launcher::command);
  EXPECT_THAT(model.command,
              ElementsAre("/opt/vllm", "serve", "--port", "${port}", "--served-model-name", "${model}"));
  EXPECT_EQ(model.health, "/v1/models");
  EXPECT_EQ(model.path, "");
  EXPECT_THAT(errors_of_command("  command: [serve, --uds, \"${socket}\"]\n"), IsEmpty());
}

TEST(Checks, RefuseACommandThatCannotBeReached) {
  for (const auto* words : {"[serve]", "[serve, \"${port}\", \"${socket}\"]"}) {
    EXPECT_THAT(errors_of_command("  command: " + std::string(words) + "\n"),
                ElementsAre(HasSubstr("models.big.command must hold ${port} or ${socket}")))
        << words;
  }
  EXPECT_THAT(errors_of_command("  command: [serve, \"${prot}\"]\n"),
              ElementsAre(HasSubstr("holds ${prot}; ${port}, ${socket}, ${model}, ${env:NAME} are allowed")));
  EXPECT_THAT(errors_of_command("  command: [serve, \"${port}\"]\n  health: health\n"),
              ElementsAre(HasSubstr("a path that begins with / is allowed")));
}

TEST(Checks, RefuseACommandThatIsOnlyHalfOne) {
  EXPECT_THAT(errors_of("models:\n- name: big\n  path: /m\n  command: [serve, \"${port}\"]\n"),
              ElementsAre(HasSubstr("models.big.command counts only with launcher: command")));
  EXPECT_THAT(errors_of("models:\n- name: big\n  path: /m\n  launcher: command\n"),
              ElementsAre(HasSubstr("models.big.launcher is command, and there is no command")));
  EXPECT_THAT(errors_of_command("  command: [serve, \"${port}\"]\n  path: /m\n  args: [x]\n"),
              ElementsAre(HasSubstr("models.big.path is for llama-server"),
                          HasSubstr("models.big.args is for llama-server")));
  EXPECT_THAT(errors_of("models:\n- launcher: command\n  command: [serve, \"${port}\"]\n"),
              ElementsAre(HasSubstr("models[0] has no name; a model with a command needs one")));
}

TEST(Checks, AllowLoopbackAndSockets) {
  for (const auto* address : {"127.0.0.1:0", "127.1.2.3:80", "localhost:8080", "\"[::1]:8080\"",
                              "unix:/run/x.sock", "unix:x.sock"}) {
    EXPECT_THAT(errors_with("server:\n  listen: " + std::string(address) + "\n"), IsEmpty()) << address;
  }
}

TEST(Checks, RefuseAnAddressThatIsNone) {
  for (const auto* address : {"8080", "127.0.0.1", "example.com:80", "127.0.0.1:65536", "127.0.0.1:x",
                              "\"::1:80\"", "\"[::1]\"", "\"unix:\"", "http://127.0.0.1:80"}) {
    EXPECT_THAT(errors_with("server:\n  listen: " + std::string(address) + "\n"),
                ElementsAre(HasSubstr(
                    "HOST:PORT with an IP address or localhost, [IPV6]:PORT or unix:/path is allowed")))
        << address;
  }
}

TEST(Checks, BoundASocketsPath) {
  EXPECT_THAT(errors_with("server:\n  listen: unix:/" + std::string(106, 'x') + "\n"), IsEmpty());
  EXPECT_THAT(
      errors_with("server:\n  listen: unix:/" + std::string(107, 'x') + "\n"),
      ElementsAre("models.yaml:2:11: server.listen has a socket path of 108 bytes; at most 107 are allowed"));
}

TEST(Checks, RefuseAMetadataFieldThatBreaksAChunk) {
  for (const auto* name : {"choices", "a b", "\"x\\\"y\"", "error"}) {
    EXPECT_THAT(
        errors_with("status:\n  metadata_field: " + std::string(name) + "\n"),
        ElementsAre(AllOf(
            StartsWith("models.yaml:2:19: status.metadata_field is \""),
            HasSubstr(
                "up to 64 letters, digits, _ and - are allowed, and no field that a chunk already has"))))
        << name;
  }
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: /m\n  metadata_field: id\n"),
              ElementsAre(StartsWith("models.yaml:4:19: models.a.metadata_field is \"id\"")));
}

TEST(Checks, WarnOfAModelFileThatIsNotThere) {
  const std::string file =
      ::testing::TempDir() + "/signalbox_checks_test-" + std::to_string(::getpid()) + ".gguf";
  std::ofstream(file) << "GGUF";
  const auto loaded = Loading().config("models:\n- name: a\n  path: " + file +
                                       "\n- name: b\n  path: /nowhere/b.gguf\n- name: c\n  path: /tmp\n");
  EXPECT_THAT(
      Loading::texts(loaded.warnings),
      ElementsAre(
          "models.yaml:5:9: models.b.path is /nowhere/b.gguf, which is not there; a load of this model will "
          "fail",
          "models.yaml:7:9: models.c.path is /tmp, which is no file; a load of this model will fail"));
}

}  // namespace
}  // namespace signalbox::config
