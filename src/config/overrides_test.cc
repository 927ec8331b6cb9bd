// Variables, flags and --set: how they are written, what is refused, and that nothing of ours is ignored
// silently.
#include "config/overrides.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_loading.h"

namespace signalbox::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kDotted =
    "models:\n- {name: a, path: /m}\n- {name: a.b, path: /m}\n- {name: a.b.c=d, path: /m}\n- {name: org/x, "
    "path: /m}\n";

TEST(EnvironmentVariable, SetsAServersKey) {
  const auto loaded = Loading().variable("SIGNALBOX_SERVER_MAX_CONNECTIONS", "5").config(kOneModel);
  EXPECT_EQ(loaded.config.server.max_connections, 5U);
  EXPECT_EQ(told(loaded, "server.max_connections"), "5 from environment SIGNALBOX_SERVER_MAX_CONNECTIONS");
}

TEST(EnvironmentVariable, SetsAModelsKeyByItsSectionAndByDefaults) {
  EXPECT_EQ(told(Loading().variable("SIGNALBOX_SCHEDULER_QUEUE_SIZE", "5").config(kOneModel),
                 "models.big.queue_size"),
            "5 from environment SIGNALBOX_SCHEDULER_QUEUE_SIZE");
  EXPECT_EQ(told(Loading().variable("SIGNALBOX_DEFAULTS_QUEUE_SIZE", "6").config(kOneModel),
                 "models.big.queue_size"),
            "6 from environment SIGNALBOX_DEFAULTS_QUEUE_SIZE");
}

TEST(EnvironmentVariable, TakesListsAsWordsOrAsYaml) {
  EXPECT_THAT(
      Loading().variable("SIGNALBOX_ENGINE_ARGS", " -t 1\t--mlock ").config(kOneModel).config.engine.args,
      ElementsAre("-t", "1", "--mlock"));
  EXPECT_THAT(
      Loading().variable("SIGNALBOX_ENGINE_ARGS", "[-t, \"a b\"]").config(kOneModel).config.engine.args,
      ElementsAre("-t", "a b"));
  EXPECT_THAT(Loading().variable("SIGNALBOX_ENGINE_ARGS", "").config(kOneModel).config.engine.args,
              IsEmpty());
  EXPECT_THAT(
      Loading().variable("SIGNALBOX_ENGINE_ARGS", "[-t, [x]]").errors(kOneModel),
      ElementsAre("environment SIGNALBOX_ENGINE_ARGS: engine.args holds a list; a list of texts is allowed"));
  EXPECT_THAT(
      Loading().variable("SIGNALBOX_ENGINE_ARGS", "[-t").errors(kOneModel),
      ElementsAre(
          "environment SIGNALBOX_ENGINE_ARGS: engine.args is a single value; a list of texts is allowed"));
}

TEST(EnvironmentVariable, IsCheckedLikeTheFile) {
  EXPECT_THAT(
      Loading().variable("SIGNALBOX_SCHEDULER_WAIT_TIMEOUT", "ten").errors(kOneModel),
      ElementsAre(StartsWith(
          "environment SIGNALBOX_SCHEDULER_WAIT_TIMEOUT: scheduler.wait_timeout is \"ten\"; a duration")));
  EXPECT_THAT(Loading().variable("SIGNALBOX_SERVER_LISTEN", "0.0.0.0:80").errors(kOneModel),
              ElementsAre(StartsWith("environment SIGNALBOX_SERVER_LISTEN: server.listen is 0.0.0.0:80")));
  EXPECT_THAT(Loading().variable("SIGNALBOX_ENGINE_ARGS", "--port 1").errors(kOneModel),
              ElementsAre(StartsWith("environment SIGNALBOX_ENGINE_ARGS: engine.args holds --port")));
}

TEST(EnvironmentVariable, ThatIsUnknownIsWarnedOf) {
  const auto loaded = Loading()
                          .variable("SIGNALBOX_SERVER_LISEN", "x")
                          .variable("SIGNALBOX_MODELS_BIG_SLOTS", "1")
                          .config(kOneModel);
  EXPECT_THAT(Loading::texts(loaded.warnings),
              Contains("environment SIGNALBOX_SERVER_LISEN: is not a known variable and is ignored; "
                       "SIGNALBOX_SECTION_KEY is allowed; did you mean "
                       "SIGNALBOX_SERVER_LISTEN?"));
  EXPECT_THAT(Loading::texts(loaded.warnings),
              Contains(StartsWith("environment SIGNALBOX_MODELS_BIG_SLOTS: is not a known variable")));
}

TEST(EnvironmentVariable, OfOtherPurposesIsLeftAlone) {
  const auto loaded = Loading()
                          .variable("SIGNALBOX_CONFIG", "x")
                          .variable("SIGNALBOX_ENGINE", "x")
                          .variable("SIGNALBOX_MODEL_DIR", "x")
                          .variable("SIGNALBOX_DEBIAN_MIRROR", "x")
                          .variable("SIGNALBOX_PROGRAM", "x")
                          .variable("SIGNALBOXES", "x")
                          .config(kOneModel);
  EXPECT_THAT(Loading::texts(loaded.warnings), Not(Contains(StartsWith("environment"))));
}

TEST(EnvironmentVariable, ThatIsEmptyTakesTheDefaultModelBack) {
  const auto loaded = Loading()
                          .variable("SIGNALBOX_SCHEDULER_DEFAULT_MODEL", "")
                          .config("scheduler:\n  default_model: big\n" + std::string(kOneModel));
  EXPECT_EQ(loaded.config.scheduler.default_model, std::nullopt);
  EXPECT_EQ(told(loaded, "scheduler.default_model"), " from environment SIGNALBOX_SCHEDULER_DEFAULT_MODEL");
}

TEST(Flag, SetsItsKey) {
  const auto loaded =
      Loading().flag("--wait-timeout", "10s").flag("--listen", "unix:s.sock").config(kOneModel);
  EXPECT_EQ(told(loaded, "scheduler.wait_timeout"), "10s from flag --wait-timeout");
  EXPECT_EQ(told(loaded, "models.big.wait_timeout"), "10s from flag --wait-timeout");
  EXPECT_EQ(loaded.config.server.listen, "unix:/shell/s.sock");
}

TEST(Flag, CountsAsGivenLast) {
  EXPECT_EQ(told(Loading().flag("--slots", "2").flag("--slots", "3").config(kOneModel), "models.big.slots"),
            "3 from flag --slots");
}

TEST(Flag, IsCheckedLikeTheFile) {
  EXPECT_THAT(
      Loading().flag("--slots", "none").errors(kOneModel),
      ElementsAre("flag --slots: defaults.slots is \"none\"; a whole number from 1 to 1024 is allowed"));
}

TEST(Set, ReachesEveryKey) {
  const auto loaded = Loading()
                          .set("server.listen=127.0.0.1:9")
                          .set("defaults.slots=8")
                          .set("scheduler.wait_timeout=1s")
                          .set("engine.args=-t 1")
                          .set("models.big.path=x/y.gguf")
                          .set("models.big.aliases=[p, q]")
                          .set("models.big.args=--grammar a=b")
                          .config(kOneModel);
  EXPECT_EQ(loaded.config.server.listen, "127.0.0.1:9");
  EXPECT_EQ(told(loaded, "models.big.slots"), "8 from --set defaults.slots");
  EXPECT_EQ(told(loaded, "models.big.wait_timeout"), "1s from --set scheduler.wait_timeout");
  EXPECT_THAT(loaded.config.engine.args, ElementsAre("-t", "1"));
  EXPECT_EQ(loaded.config.models.at(0).path, "/shell/x/y.gguf");
  EXPECT_THAT(loaded.config.models.at(0).aliases, ElementsAre("p", "q"));
  EXPECT_THAT(loaded.config.models.at(0).args, ElementsAre("--grammar", "a=b"));
}

TEST(Set, TakesTheLongestModelNameThatFits) {
  const auto loaded = Loading()
                          .set("models.a.queue_size=1")
                          .set("models.a.b.queue_size=2")
                          .set("models.org/x.queue_size=3")
                          .config(kDotted);
  EXPECT_EQ(told(loaded, "models.a.queue_size"), "1 from --set models.a.queue_size");
  EXPECT_EQ(told(loaded, "models.a.b.queue_size"), "2 from --set models.a.b.queue_size");
  EXPECT_EQ(told(loaded, "models.a.b.c=d.queue_size"), "10 from default");
  EXPECT_EQ(told(loaded, "models.org/x.queue_size"), "3 from --set models.org/x.queue_size");
}

TEST(Set, TakesAQuotedModelName) {
  const auto loaded =
      Loading().set("models[\"a.b\"].queue_size=2").set("models[\"a.b.c=d\"].queue_size=3").config(kDotted);
  EXPECT_EQ(told(loaded, "models.a.b.queue_size"), "2 from --set models[\"a.b\"].queue_size");
  EXPECT_EQ(told(loaded, "models.a.b.c=d.queue_size"), "3 from --set models[\"a.b.c=d\"].queue_size");
}

TEST(Set, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(Loading().set("scheduler.wait_timeout").errors(kOneModel),
              ElementsAre("--set scheduler.wait_timeout: has no value; KEY=VALUE is allowed, such as "
                          "scheduler.wait_timeout=10s"));
  EXPECT_THAT(
      Loading().set("wait_timeout=1s").errors(kOneModel),
      ElementsAre(StartsWith(
          "--set wait_timeout: wait_timeout is not a known key; section.key or models.NAME.key is allowed")));
  EXPECT_THAT(
      Loading().set("scheduler.wait_tiemout=1s").errors(kOneModel),
      ElementsAre(AllOf(StartsWith("--set scheduler.wait_tiemout: scheduler.wait_tiemout is not a known key"),
                        EndsWith("did you mean wait_timeout?"))));
  EXPECT_THAT(Loading().set("sheduler.wait_timeout=1s").errors(kOneModel),
              ElementsAre(EndsWith("did you mean scheduler.wait_timeout?")));
  EXPECT_THAT(Loading().set("server=1").errors(kOneModel),
              ElementsAre(StartsWith("--set server: server is not a known key")));
  EXPECT_THAT(Loading().set("=1").errors(kOneModel), ElementsAre(StartsWith("--set :  is not a known key")));
}

TEST(Set, RefusesWhatAModelDoesNotHave) {
  EXPECT_THAT(
      Loading().set("models.bigg.slots=1").errors(kOneModel),
      ElementsAre("--set models.bigg.slots: bigg is not a model; the models are big; did you mean big?"));
  EXPECT_THAT(Loading().set("models[\"x.y\"].slots=1").errors(kOneModel),
              ElementsAre("--set models[\"x.y\"].slots: x.y is not a model; the models are big"));
  EXPECT_THAT(Loading().set("models[\"big.slots=1").errors(kOneModel),
              ElementsAre(StartsWith("--set models[\"big.slots")));
  EXPECT_THAT(
      Loading().set("models.big.slot=1").errors(kOneModel),
      ElementsAre(
          AllOf(StartsWith("--set models.big.slot: models.big.slot is not a known key; allowed in a model: "),
                EndsWith("did you mean slots?"))));
  EXPECT_THAT(
      Loading().set("models.big.name=x").errors(kOneModel),
      ElementsAre("--set models.big.name: models.big.name cannot be set from outside; change the file"));
  EXPECT_THAT(Loading().set("models.big.command=vllm").errors(kOneModel),
              ElementsAre(StartsWith("--set models.big.command: models.big.command counts only with")));
  EXPECT_THAT(
      Loading().set("models.big.slots=x").errors(kOneModel),
      ElementsAre(
          "--set models.big.slots: models.big.slots is \"x\"; a whole number from 1 to 1024 is allowed"));
}

TEST(Set, AddsNoErrorWhereTheFileHasNoModels) {
  EXPECT_THAT(Loading().set("models.big.slots=1").errors("models: []\n"),
              ElementsAre(StartsWith("models.yaml:1:1: models is empty")));
}

}  // namespace
}  // namespace signalbox::config
