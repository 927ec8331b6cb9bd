// Every error that the file itself can hold, with its exact place, and what is no error.
#include "config/file_source.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"

namespace signalbox::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The file with one more part before its one good model.
std::vector<std::string> errors_with(std::string_view part) {
  return errors_of(std::string(part) + std::string(kOneModel));
}

TEST(ConfigFile, NeedsNoMoreThanAPath) {
  const auto loaded = Loading().config("models:\n  - path: /m/SmolLM2-135M-Instruct.Q4_1.gguf\n");
  ASSERT_EQ(loaded.config.models.size(), 1U);
  EXPECT_EQ(loaded.config.models[0].name, "SmolLM2-135M-Instruct.Q4_1");
  EXPECT_EQ(loaded.config.models[0].path, "/m/SmolLM2-135M-Instruct.Q4_1.gguf");
  EXPECT_EQ(loaded.config.models[0].queue_size, 10U);
}

TEST(ConfigFile, GivesTheExampleOfTheDesign) {
  const auto loaded = Loading().variable("HOME", "/home/me").config(R"(server:
  listen: unix:/run/signalbox.sock
  max_body_bytes: 64MiB
  shutdown_grace: 30s
scheduler:
  starvation_limit: 15s         # 0 = off
  min_visit: 0.5
  next_model: longest_wait
  replay: off
  wait_timeout: 20s
  stream_wait_timeout: 0
  heartbeat_interval: 1s
  load_timeout: 300s
  idle_unload_secs: 600
  default_model: chat
status:
  status_text: none
  status_chunks: comment
  metadata_field: my_metadata
engine:
  command: [llama-server]
  args: [-t, "1"]
  stop_timeout: 200ms
  readahead: off
defaults:
  queue_size: 7
  slots: 2
  context: 8192
models:
  - name: smollm2-135m
    aliases: [chat, gpt-4o-mini]
    path: ~/models/SmolLM2-135M-Instruct.Q4_1.gguf
  - name: qwen2.5-coder-0.5b
    aliases: [code]
    path: models/qwen.gguf
    queue_size: 20
    idle_unload_secs: 10m
    args: [--temp, "0.2"]
)");
  const Config& config = loaded.config;
  EXPECT_EQ(config.server.listen, "unix:/run/signalbox.sock");
  EXPECT_EQ(config.scheduler.min_visit_thousandths, 500U);
  EXPECT_EQ(config.scheduler.default_model, "smollm2-135m");
  EXPECT_THAT(config.engine.args, ElementsAre("-t", "1"));
  EXPECT_EQ(config.engine.stop_timeout, std::chrono::milliseconds(200));
  EXPECT_EQ(config.engine.readahead, ReadAhead::off);
  ASSERT_EQ(config.models.size(), 2U);
  const Model& chat = config.models[0];
  EXPECT_THAT(chat.aliases, ElementsAre("chat", "gpt-4o-mini"));
  EXPECT_EQ(chat.path, "/home/me/models/SmolLM2-135M-Instruct.Q4_1.gguf");
  EXPECT_EQ(chat.queue_size, 7U);
  EXPECT_EQ(chat.slots, 2U);
  EXPECT_EQ(chat.workers, 2U);
  EXPECT_EQ(chat.context, 8192U);
  EXPECT_EQ(chat.wait_timeout, std::chrono::seconds(20));
  EXPECT_EQ(chat.idle_unload, std::chrono::minutes(10));
  EXPECT_EQ(chat.status_text, StatusText::none);
  EXPECT_EQ(chat.status_chunks, StatusChunks::comment);
  EXPECT_EQ(chat.metadata_field, "my_metadata");
  EXPECT_THAT(chat.args, IsEmpty());
  const Model& code = config.models[1];
  EXPECT_EQ(code.path, "/etc/sb/models/qwen.gguf");
  EXPECT_EQ(code.queue_size, 20U);
  EXPECT_EQ(code.idle_unload, std::chrono::minutes(10));
  EXPECT_THAT(code.args, ElementsAre("--temp", "0.2"));
}

TEST(ConfigFile, MayHaveSectionsWithAllKeysCommentedOut) {
  EXPECT_THAT(errors_with("server:\n  # listen: 1\nscheduler:\n"), IsEmpty());
}

TEST(ConfigFile, ReachesKeysOfAModelFromSectionAndDefaults) {
  EXPECT_EQ(told(Loading().config("scheduler:\n  queue_size: 3\n" + std::string(kOneModel)),
                 "models.big.queue_size"),
            "3 from models.yaml:2:15");
  EXPECT_EQ(told(Loading().config("defaults:\n  queue_size: 3\n" + std::string(kOneModel)),
                 "models.big.queue_size"),
            "3 from models.yaml:2:15");
}

TEST(ConfigFile, TellsAllErrorsInTheFilesOrder) {
  EXPECT_THAT(errors_of("scheduler:\n  wait_timeout: ten\nserver:\n  lisen: x\nmodels:\n- name: status\n  "
                        "path: /m/a.gguf\n  slots: 0\n"),
              ElementsAre(StartsWith("models.yaml:2:17: scheduler.wait_timeout is \"ten\";"),
                          StartsWith("models.yaml:4:3: server.lisen is not a known key;"),
                          StartsWith("models.yaml:6:9: the model's name is status;"),
                          StartsWith("models.yaml:8:10: models.status.slots is \"0\";")));
}

TEST(ConfigFile, SaysWhereTheYamlIsBroken) {
  EXPECT_THAT(errors_of("models:\n- name: [a\n  path: b\n"),
              ElementsAre(StartsWith("models.yaml:3:7: this is no YAML (")));
  EXPECT_THAT(errors_of("a\x01"),
              ElementsAre(StartsWith("models.yaml:1:2: the byte 0x01 is a control character")));
}

TEST(ConfigFile, RefusesAFileWithoutModels) {
  EXPECT_THAT(errors_of(""),
              ElementsAre("models.yaml: models is missing; a list with at least one model is needed"));
  EXPECT_THAT(errors_of("server:\n  listen: 127.0.0.1:1\n"),
              ElementsAre("models.yaml: models is missing; a list with at least one model is needed"));
  EXPECT_THAT(errors_of("\nmodels:\n"),
              ElementsAre("models.yaml:2:1: models is empty; a list with at least one model is needed"));
  EXPECT_THAT(errors_of("models: []\n"),
              ElementsAre("models.yaml:1:1: models is empty; a list with at least one model is needed"));
}

TEST(ConfigFile, RefusesWrongForms) {
  EXPECT_THAT(errors_of("- a\n"),
              ElementsAre("models.yaml:1:1: the file is no map; sections such as `models:` are allowed"));
  EXPECT_THAT(errors_with("server: 8080\n"),
              ElementsAre("models.yaml:1:9: server is no map; `key: value` lines are allowed"));
  EXPECT_THAT(
      errors_of("models:\n  big: {path: /m}\n"),
      ElementsAre("models.yaml:2:3: models is no list; entries that begin with `- name:` are allowed"));
  EXPECT_THAT(
      errors_of("models:\n- big\n"),
      ElementsAre("models.yaml:2:3: models[0] is no map; keys such as `name:` and `path:` are allowed"));
}

TEST(ConfigFile, RefusesTooManyModels) {
  std::string text = "models:\n";
  for (std::size_t i = 0; i <= kModelsMax; ++i) text += "- {path: /m/" + std::to_string(i) + "}\n";
  EXPECT_THAT(errors_of(text),
              ElementsAre("models.yaml:1:1: models has 1001 entries; at most 1000 are allowed"));
}

TEST(ConfigFile, NamesTheNearestKey) {
  EXPECT_THAT(errors_with("scheduler:\n  wait_tiemout: 1s\n"),
              ElementsAre("models.yaml:2:3: scheduler.wait_tiemout is not a known key; allowed in scheduler: "
                          "starvation_limit, min_visit, "
                          "next_model, replay, overlap, overlap_reserve, flex_limit, heartbeat_interval, "
                          "default_model, queue_size, flex_queue_size, "
                          "priority, service_tier, wait_timeout, "
                          "stream_wait_timeout, load_timeout, "
                          "idle_unload_secs; did you mean wait_timeout?"));
  EXPECT_THAT(errors_of("models:\n- name: big\n  paht: /m\n  path: /m\n"),
              ElementsAre(AllOf(
                  StartsWith("models.yaml:3:3: models.big.paht is not a known key; allowed in a model: "),
                  ::testing::EndsWith("; did you mean path?"))));
  EXPECT_THAT(errors_with("server:\n  wait_timeout: 1s\n"),
              ElementsAre(::testing::EndsWith("; did you mean scheduler.wait_timeout?")));
  EXPECT_THAT(errors_with("engine:\n  zzzzzzz: 1\n"),
              ElementsAre(::testing::EndsWith(
                  "args, engine_timeout, stop_timeout, device_budget, device_memory, readahead")));
}

TEST(ConfigFile, NamesTheNearestSection) {
  EXPECT_THAT(errors_with("sever: {}\n"),
              ElementsAre("models.yaml:1:1: sever is not a known section; allowed: server, scheduler, "
                          "status, engine, defaults, models; did you mean server?"));
  EXPECT_THAT(errors_with("listen: x\n"), ElementsAre(::testing::EndsWith("; did you mean server.listen?")));
  EXPECT_THAT(errors_with("<<: {}\n"),
              ElementsAre(StartsWith("models.yaml:1:1: << is not a known section;")));
}

TEST(ConfigFile, RefusesAServersKeyInAModel) {
  EXPECT_THAT(errors_of("models:\n- path: /m\n  starvation_limit: 1s\n"),
              ElementsAre(AllOf(StartsWith("models.yaml:3:3: models[0].starvation_limit is not a known key"),
                                ::testing::EndsWith("did you mean scheduler.starvation_limit?"))));
  EXPECT_THAT(errors_with("defaults:\n  path: /m\n"),
              ElementsAre(StartsWith("models.yaml:2:3: defaults.path is not a known key")));
}

TEST(ConfigFile, RefusesWordsThatAreNoChoice) {
  EXPECT_THAT(
      errors_with("scheduler:\n  next_model: newest\n"),
      ElementsAre("models.yaml:2:15: scheduler.next_model is \"newest\"; cost or longest_wait is allowed"));
  EXPECT_THAT(errors_with("engine:\n  readahead: true\n"),
              ElementsAre("models.yaml:2:14: engine.readahead is \"true\"; auto or off is allowed"));
  EXPECT_THAT(errors_with("scheduler:\n  replay: twice\n"),
              ElementsAre("models.yaml:2:11: scheduler.replay is \"twice\"; once or off is allowed"));
}

TEST(ConfigFile, RefusesKeysThatStandTwice) {
  EXPECT_THAT(errors_with("scheduler:\n  wait_timeout: 1s\n  wait_timeout: 2s\n"),
              ElementsAre("models.yaml:3:3: wait_timeout is given twice, first on line 2; once is allowed"));
  EXPECT_THAT(errors_with("models: []\n"),
              ElementsAre(StartsWith("models.yaml:1:1: models is empty"),
                          "models.yaml:2:1: models is given twice, first on line 1; once is allowed"));
}

struct BadValue {
  std::string part;
  std::string error;
  friend void PrintTo(const BadValue& bad, std::ostream* out) { *out << bad.error; }
};

class ConfigFileValue : public ::testing::TestWithParam<BadValue> {};

TEST_P(ConfigFileValue, IsRefusedAtItsPlace) {
  EXPECT_THAT(errors_with(GetParam().part), ElementsAre("models.yaml:" + GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Types, ConfigFileValue,
    ::testing::Values(
        BadValue{"server:\n  list_aliases: yes\n",
                 "2:17: server.list_aliases is \"yes\"; true or false is allowed"},
        BadValue{"server: {max_body_bytes: 64 mb}\n",
                 "1:26: server.max_body_bytes is \"64 mb\"; a size such as 64MiB, 32KiB or 65536, from 1KiB "
                 "to 4GiB is allowed"},
        BadValue{"server:\n  max_connections: 0\n",
                 "2:20: server.max_connections is \"0\"; a whole number from 1 to 1000000 is allowed"},
        BadValue{"server:\n  max_connections: -5\n",
                 "2:20: server.max_connections is \"-5\"; a whole number from 1 to 1000000 is allowed"},
        BadValue{"scheduler:\n  wait_timeout: 30\n",
                 "2:17: scheduler.wait_timeout is \"30\"; a duration such as 15s, 1.5s, 200ms or 5m, "
                 "from 0 to 24h is allowed; did you mean 30s?"},
        BadValue{"scheduler:\n  load_timeout: 0\n",
                 "2:17: scheduler.load_timeout is \"0\"; a duration such as 15s, 1.5s, 200ms or 5m, from 1ms "
                 "to 24h is allowed"},
        BadValue{"scheduler:\n  load_timeout: 25h\n",
                 "2:17: scheduler.load_timeout is \"25h\"; a duration such as 15s, 1.5s, 200ms or 5m, from "
                 "1ms to 24h is allowed"},
        BadValue{"scheduler:\n  idle_unload_secs: never\n",
                 "2:21: scheduler.idle_unload_secs is \"never\"; seconds such as 600 or a duration "
                 "such as 10m, from 0 to 720h is allowed"},
        BadValue{"scheduler:\n  min_visit: 101\n",
                 "2:14: scheduler.min_visit is \"101\"; a number such as 1.0 or 0.5, from 0.0 to 100.0 is "
                 "allowed"},
        BadValue{"status:\n  status_text: contnt\n",
                 "2:16: status.status_text is \"contnt\"; auto, content, reasoning or none is allowed; did "
                 "you mean content?"},
        BadValue{"status:\n  status_chunks: [data]\n",
                 "2:18: status.status_chunks is a list; data, comment or off is allowed"},
        BadValue{"engine:\n  args: -t 1\n",
                 "2:9: engine.args is a single value; a list of texts is allowed; did you mean [-t 1]?"},
        BadValue{"engine:\n  args: [a, {b: c}]\n",
                 "2:13: engine.args holds a map; a list of texts is allowed"},
        BadValue{"engine:\n  args:\n", "2:3: engine.args is empty; a list of texts is allowed"},
        BadValue{
            "engine:\n  command: []\n",
            "2:12: engine.command is an empty list; a list of texts that begins with a program is allowed"},
        BadValue{"engine:\n  command: [\"\", x]\n",
                 "2:13: engine.command begins with an empty text; a program is allowed"},
        BadValue{"defaults:\n  slots: ~\n",
                 "2:3: defaults.slots is empty; a whole number from 1 to 1024 is allowed"},
        BadValue{"server:\n  listen: \"\"\n", "2:11: server.listen is empty; a text is allowed"},
        BadValue{"server:\n  listen: {host: x}\n",
                 "2:11: server.listen is a map; HOST:PORT with an IP address or localhost, [IPV6]:PORT or "
                 "unix:/path is allowed"},
        BadValue{"status:\n  metadata_field: \"a\\x01\"\n",
                 "2:19: status.metadata_field holds a control character or no UTF-8; plain text is allowed"},
        BadValue{"engine:\n  args: [\"a\\0b\"]\n",
                 "2:10: engine.args holds a NUL byte; a text without is allowed"},
        BadValue{"server:\n  listen: \"127.0.0.1:${env:PORT}\"\n",
                 "2:11: server.listen needs the variable PORT, which is not set; set it or write the value"},
        BadValue{"server:\n  listen: \"${HOST}:80\"\n",
                 "2:11: server.listen holds ${HOST}; ${env:NAME} is allowed, and $${ for a plain ${"}));

TEST(ConfigFile, CutsALongValueShort) {
  const auto errors = errors_with("scheduler:\n  wait_timeout: " + std::string(5'000, 'x') + "\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_LT(errors[0].size(), 300U);
  EXPECT_THAT(errors[0], HasSubstr("xxx...\""));
}

TEST(ConfigFile, RefusesAModelWithoutPathOrName) {
  EXPECT_THAT(
      errors_of("models:\n- name: big\n  slots: 2\n"),
      ElementsAre(
          "models.yaml:2:3: models.big has no path; the path of a GGUF file is needed, or a command"));
  EXPECT_THAT(errors_of("models:\n- name:\n  path: /m\n"),
              ElementsAre("models.yaml:2:3: models[0].name is empty; a text is allowed"));
  EXPECT_THAT(errors_of("models:\n- name: \"\"\n  path: /m\n"),
              ElementsAre("models.yaml:2:9: models[0].name is empty; a text is allowed"));
  EXPECT_THAT(
      errors_of("models:\n- {}\n"),
      ElementsAre("models.yaml:2:3: models[0] has no path; the path of a GGUF file is needed, or a command"));
  EXPECT_THAT(
      errors_of("models:\n- name: a\n  path: ~bob/x.gguf\n"),
      ElementsAre(
          "models.yaml:3:9: models.a.path is ~bob/x.gguf; ~/ is allowed for one's own home folder only"));
  EXPECT_THAT(errors_of("models:\n- name: a\n  path: ~/x.gguf\n"),
              ElementsAre("models.yaml:3:9: models.a.path is ~/x.gguf, and HOME is not set; set it or write "
                          "the path in full"));
}

TEST(ConfigFile, ExpandsVariablesInEveryKindOfValue) {
  const auto loaded = Loading()
                          .variable("QUEUE", "33")
                          .variable("MODELS", "/big disk")
                          .variable("TEMPERATURE", "0.7")
                          .config(
                              "defaults:\n  queue_size: ${env:QUEUE}\nmodels:\n- path: "
                              "${env:MODELS}/x.gguf\n  args: [--temp, "
                              "\"${env:TEMPERATURE}\", \"$${port}\"]\n");
  EXPECT_EQ(loaded.config.models.at(0).queue_size, 33U);
  EXPECT_EQ(loaded.config.models.at(0).path, "/big disk/x.gguf");
  EXPECT_THAT(loaded.config.models.at(0).args, ElementsAre("--temp", "0.7", "${port}"));
}

TEST(ConfigFile, FindsTheEnginesProgramFromItsOwnFolder) {
  EXPECT_THAT(Loading()
                  .config("engine:\n  command: [./bin/llama-server, -v]\n" + std::string(kOneModel))
                  .config.engine.command,
              ElementsAre("/etc/sb/bin/llama-server", "-v"));
  EXPECT_THAT(
      Loading().config("engine:\n  command: [llama-server]\n" + std::string(kOneModel)).config.engine.command,
      ElementsAre("llama-server"));
}

}  // namespace
}  // namespace signalbox::config
