#include "engine/posix_engine_launcher.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <signal.h>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime_folder.h"
#include "engine/test_launcher.h"
#include "engine/test_pages.h"

namespace signalbox::engine {
namespace {

using World = LauncherWorld;

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

TEST(PosixEngineLauncher, FollowsALoadByTheEnginesOwnWord) {
  World world(std::string(kSayLoading) + "say '{\"state\":\"loading\",\"payload\":{\"value\":1}}';" +
              kSayReady + kUntilAsked);
  world.launcher().start(kChat, kOne);
  EXPECT_THAT(world.log_, IsEmpty());  // never from inside a call
  ASSERT_TRUE(world.until("progress 1: 1000"));
  world.listen();
  ASSERT_TRUE(world.until("ready 1"));
  EXPECT_THAT(world.log_, ElementsAre("progress 1: 250", "progress 1: 1000", "ready 1"));
  EXPECT_EQ(world.info_->slots, 2U);
  EXPECT_THAT(world.info_->context_tokens, Optional(512U));
  EXPECT_THAT(world.info_->parameters, Optional(134515008U));
  EXPECT_THAT(world.info_->model_bytes, Optional(96576768U));
  EXPECT_THAT(world.asked_, Not(Contains("/v1/models")));  // it is known already
  EXPECT_THAT(world.addresses_.find(kOne)->socket_path, EndsWith("/engine-1.sock"));
}

TEST(PosixEngineLauncher, IsNotReadyWhileHealthIsGoodButTheEngineSaysLoading) {
  World world(std::string(kSayLoading) + "while [ ! -e \"$0.go\" ]; do sleep 0.01; done;" + kSayReady +
              kUntilAsked);
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("progress 1: 250"));
  world.listen();
  ASSERT_TRUE(world.loop_.run_until([&] { return !world.asked_.empty(); }));
  world.run_for(std::chrono::milliseconds(20));
  EXPECT_THAT(world.log_without_progress(), IsEmpty());
  EXPECT_THAT(world.asked_, ElementsAre("/health"));
  std::ofstream(world.program_ + ".go") << "";
  ASSERT_TRUE(world.until("ready 1"));
}

TEST(PosixEngineLauncher, AsksAgainWhenTheFirstAnswerIsStill503) {
  World world(std::string(kSayLoading) + kSayReady + kUntilAsked);
  world.health_ = json_answer("{}", "503 Service Unavailable");
  world.listen();
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.loop_.run_until([&] { return world.asked_.size() >= 4; }));
  EXPECT_THAT(world.log_without_progress(), IsEmpty());
  world.health_ = json_answer("{}");
  EXPECT_TRUE(world.until("ready 1"));
}

TEST(PosixEngineLauncher, PollsAnEngineThatSpeaksNoProtocol) {
  World world("echo loading tensors >&2; " + std::string(kUntilAsked));
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("progress 1: unknown"));  // it wrote something, so something moves
  world.health_ = json_answer("{}", "503 Service Unavailable");
  world.listen();
  ASSERT_TRUE(world.loop_.run_until([&] { return world.asked_.size() >= 3; }));
  EXPECT_THAT(world.log_without_progress(), IsEmpty());
  world.health_ = json_answer("{}");
  ASSERT_TRUE(world.until("ready 1"));
  EXPECT_THAT(world.info_->parameters, Optional(5U));
  EXPECT_THAT(world.info_->model_bytes, Optional(6U));
}

TEST(PosixEngineLauncher, BelievesHealthInTheEndWhereTheProtocolHasChanged) {
  World world(std::string(kSayLoading) + "say '{\"state\":\"all-set\"}';" + kUntilAsked);
  world.listen();
  world.launcher().start(kChat, kOne);
  EXPECT_TRUE(world.until("ready 1"));
}

TEST(PosixEngineLauncher, CountsItsOwnSlotsWhereTheEngineDoesNot) {
  World world(std::string(kSayLoading) + kSayReady + kUntilAsked);
  world.props_ = json_answer("{}", "404 Not Found");
  world.become_ready();
  EXPECT_EQ(world.info_->slots, 3U);
  EXPECT_THAT(world.info_->context_tokens, Optional(4096U));
}

TEST(PosixEngineLauncher, GivesTheArgumentsOfModelAndEngine) {
  World world("echo \"$@\" > \"$0.args\"; env > \"$0.env\"; exit 1");
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1"));
  std::string words;
  std::getline(std::ifstream(world.program_ + ".args"), words);
  EXPECT_EQ(words, fmt::format(
                       "--host {} --alias chat --parallel 3 --model {} --ctx-size 3072 --no-warmup --fit off "
                       "--engine-word --model-word",
                       socket_path(world.runtime_.path(), kOne), world.folder_.path("chat.gguf")));
  std::ifstream env(world.program_ + ".env");
  const std::string variables((std::istreambuf_iterator<char>(env)), {});
  EXPECT_THAT(variables, HasSubstr("LLAMA_SERVER_ROUTER_PORT=1\n"));
}

TEST(PosixEngineLauncher, QuotesTheLastWordsOfALoadThatFails) {
  World world(std::string(kSayLoading) +
              "echo '0.00.1 E llama_model_load: error loading model: no magic here' >&2;"
              "echo '0.00.2 E srv  llama_server: exiting due to model loading error' >&2; exit 1");
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_THAT(world.log_without_progress(),
              ElementsAre("exited 1: llama-server exited with status 1: error loading model: no magic here"));
  EXPECT_FALSE(world.addresses_.find(kOne));
}

TEST(PosixEngineLauncher, TellsOfAnEngineThatDiesWhileItServes) {
  World world(std::string(kSayLoading) + kSayReady +
              "while [ ! -e \"$0.go\" ]; do sleep 0.01; done; echo 'E srv send_error: error: words of a "
              "client' >&2; kill -9 $$");
  world.become_ready();
  std::ofstream(world.program_ + ".go") << "";
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_EQ(world.log_.back(), "exited 1: llama-server was killed by signal 9 (Killed)");
  EXPECT_FALSE(world.addresses_.find(kOne));
  EXPECT_FALSE(std::filesystem::exists(socket_path(world.runtime_.path(), kOne)));
}

TEST(PosixEngineLauncher, QuotesACrashButNoOtherWordsOfAnEngineThatServed) {
  World world(std::string(kSayLoading) + kSayReady +
              "while [ ! -e \"$0.go\" ]; do sleep 0.01; done; echo 'x.cpp:7: GGML_ASSERT(a) failed' >&2;"
              "echo 'E srv send_error: error: words of a client' >&2; exit 134");
  world.become_ready();
  std::ofstream(world.program_ + ".go") << "";
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_EQ(world.log_.back(),
            "exited 1: llama-server exited with status 134: x.cpp:7: GGML_ASSERT(a) failed");
}

TEST(PosixEngineLauncher, StopsWithTheExitCommandTheEndOfInputAndSigterm) {
  World world("trap 'echo term >> \"$0.end\"' TERM; " + std::string(kSayLoading) + kSayReady +
              "read word; echo \"$word\" >> \"$0.end\"; cat >> \"$0.end\"; n=0;"
              // The signal may come after the end of the input.
              "while ! grep -q term \"$0.end\" && [ $n -lt 500 ]; do sleep 0.01; n=$((n+1)); done; exit 0");
  world.become_ready();
  world.launcher().stop(kOne);
  ASSERT_TRUE(world.until("exited 1: llama-server exited with status 0"));
  std::ifstream file(world.program_ + ".end");
  const std::string heard((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(heard, HasSubstr("cmd_router_to_child:exit\n"));
  EXPECT_THAT(heard, HasSubstr("term\n"));
}

TEST(PosixEngineLauncher, KillsWhatDoesNotStop) {
  World world("trap '' TERM; " + std::string(kSayLoading) + kSayReady + "while :; do sleep 0.05; done");
  world.become_ready();
  world.launcher().stop(kOne);
  world.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(world.log_.back(), "ready 1");
  world.launcher().kill(kOne);
  world.launcher().kill(kOne);
  ASSERT_TRUE(world.until("exited 1: llama-server was killed by signal 9 (Killed)"));
  world.launcher().kill(kOne);
  world.launcher().stop(kOne);
  world.run_for(std::chrono::milliseconds(20));
  EXPECT_THAT(world.log_without_progress(), SizeIs(2));
}

TEST(PosixEngineLauncher, SaysNothingOfReadyOnceToldToStop) {
  World world("trap '' TERM; " + std::string(kSayLoading) + "while [ ! -e \"$0.go\" ]; do sleep 0.01; done;" +
              kSayReady + "sleep 0.1; exit 0");
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("progress 1"));
  world.listen();
  world.launcher().stop(kOne);
  std::ofstream(world.program_ + ".go") << "";
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_THAT(world.log_without_progress(), ElementsAre("exited 1: llama-server exited with status 0"));
}

TEST(PosixEngineLauncher, EndsAStartThatHasNoProcessYet) {
  for (const bool by_kill : {true, false}) {
    World world(kUntilAsked);
    world.launcher().start(kChat, kOne);
    by_kill ? world.launcher().kill(kOne) : world.launcher().stop(kOne);
    EXPECT_THAT(world.log_, IsEmpty());  // never from inside a call
    ASSERT_TRUE(world.until("exited 1"));
    world.run_for(std::chrono::milliseconds(100));  // the search for the program ends meanwhile
    EXPECT_THAT(world.log_, ElementsAre("exited 1: the engine was stopped before it was started"));
  }
}

TEST(PosixEngineLauncher, StartsTheNextOneFromWithinTheNewsOfTheLastOne) {
  World world(std::string(kSayLoading) + kSayReady + kUntilAsked);
  world.restart_on_exit_ = true;
  world.become_ready();
  world.listen(Epoch(2));
  world.launcher().kill(kOne);
  ASSERT_TRUE(world.until("ready 2"));
  EXPECT_THAT(world.log_without_progress(),
              ElementsAre("ready 1", "exited 1: llama-server was killed by signal 9 (Killed)", "ready 2"));
}

TEST(PosixEngineLauncher, AsksTheProgramOnceAndAgainWhenItsFileHasChanged) {
  World world("exit 1");
  const auto questions = [&] {
    std::ifstream file(world.program_ + ".log");
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  for (const std::uint64_t epoch : {1U, 2U}) {
    world.launcher().start(kChat, Epoch(epoch));
    ASSERT_TRUE(world.until(fmt::format("exited {}", epoch)));
  }
  EXPECT_EQ(questions(), 1);
  world.folder_.script("llama-server", std::string(kAbilities) + "echo another >&2; exit 1");
  world.launcher().start(kChat, Epoch(3));
  ASSERT_TRUE(world.until("exited 3"));
  EXPECT_EQ(questions(), 2);
}

TEST(PosixEngineLauncher, SaysThatTheProgramIsMissing) {
  World world("");
  std::filesystem::remove(world.program_);
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_THAT(world.log_, ElementsAre("exited 1: cannot run " + world.program_ + ": no such file"));
}

TEST(PosixEngineLauncher, SaysThatTheProgramIsTooOld) {
  World world("");
  world.folder_.script("llama-server", "echo '  --model --host --port'");
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_THAT(world.log_.back(), HasSubstr("it does not know --ctx-size; it is too old"));
}

TEST(PosixEngineLauncher, TakesTheFallbackWhereTheProgramCannotServe) {
  const TestFolder other;
  const auto fallback = other.script("fallback-server", std::string(kAbilities) + "exit 7");
  World world("", fallback);
  std::filesystem::remove(world.program_);
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_THAT(world.log_, ElementsAre("exited 1: fallback-server exited with status 7"));
}

TEST(PosixEngineLauncher, SpeaksOfTheConfiguredProgramWhereTheFallbackIsMissingToo) {
  World world("", "/nowhere/fallback");
  std::filesystem::remove(world.program_);
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1: cannot run " + world.program_));
}

// An engine without unix sockets: it listens on the port that it is given.
constexpr auto kOldAbilities = R"(
for word in "$@"; do case "$word" in
  --help) echo '--model X --host: an address --port --ctx-size --parallel --alias --api-key'; exit 0;;
  --version) exit 0;;
esac; done
)";

TEST(PosixEngineLauncher, TriesAnotherPortOnceIfTheFirstWasLost) {
  World world("");
  world.folder_.script(
      "llama-server",
      std::string(kOldAbilities) + "echo \"$4 $6\" >> \"$0.ports\"; echo \"couldn't bind\" >&2; exit 1");
  world.launcher().start(kChat, kOne);
  ASSERT_TRUE(world.until("exited 1"));
  EXPECT_EQ(world.log_.back(), "exited 1: llama-server exited with status 1: couldn't bind");
  std::ifstream file(world.program_ + ".ports");
  std::vector<std::pair<std::string, std::string>> tries;
  for (std::string port, key; file >> port >> key;) tries.emplace_back(port, key);
  ASSERT_THAT(tries, SizeIs(2));
  for (const auto& [port, key] : tries) {
    EXPECT_GT(std::stoi(port), 0);
    EXPECT_THAT(key, SizeIs(32));
  }
  EXPECT_NE(tries[0].second, tries[1].second);
}

TEST(PosixEngineLauncher, ChecksModelFilesOffTheLoop) {
  World world("");
  world.launcher().check(kChat);
  world.launcher().check(ModelIndex(1));
  EXPECT_THAT(world.log_, IsEmpty());
  ASSERT_TRUE(world.until("checked 1"));
  EXPECT_THAT(world.log_, ElementsAre("checked 0: good",
                                      "checked 1: " + world.folder_.path("gone.gguf") + ": no such file"));
}

TEST(PosixEngineLauncher, ReadsTheNextModelsFileAhead) {
  World world(std::string(kSayLoading) + kSayReady + kUntilAsked);
  world.become_ready();
  SIGNALBOX_DROP_OR_SKIP(world.folder_.path("chat.gguf"), 4);
  world.launcher().read_ahead(kChat);
  ASSERT_TRUE(world.until("read ahead"));
  EXPECT_THAT(world.log_, Contains("read ahead 0: 4 bytes, end 0"));
  // The guard may tell of the process after the engine itself has spoken: then once more. What is in the page
  // cache is left out, and nothing is asked.
  std::ptrdiff_t readings = 0;
  EXPECT_TRUE(world.loop_.run_until([&] {
    const auto ended = std::ranges::count_if(
        world.log_, [](const std::string& line) { return line.starts_with("read ahead"); });
    if (*world.in_use_ == 0 && ended > std::exchange(readings, ended)) {
      static_cast<void>(drop_pages(world.folder_.path("chat.gguf"), 0, 4));
      world.launcher().read_ahead(kChat);
    }
    return *world.in_use_ > 0;
  })) << "what the running engine has mapped";
}

TEST(PosixEngineLauncher, ReadsOneFileAheadAtATime) {
  World world("");
  world.launcher().read_ahead(kChat);
  world.launcher().read_ahead(ModelIndex(1));
  EXPECT_THAT(world.log_, ElementsAre("read ahead 0: 0 bytes, end 1"));
  world.launcher().read_ahead(ModelIndex(2));  // what its command reads is not known
  EXPECT_THAT(world.log_, ElementsAre(EndsWith("end 1"), "read ahead 1: 0 bytes, end 1"));
  world.launcher().stop_reading_ahead();
  EXPECT_THAT(world.log_, SizeIs(2));
}

TEST(PosixEngineLauncher, KillsSilentlyWhenDestroyed) {
  World world("echo $$ > \"$0.pid\"; " + std::string(kSayLoading) + "while :; do sleep 0.05; done");
  world.launcher().start(kChat, kOne);
  world.launcher().check(kChat);
  ASSERT_TRUE(world.until("progress 1"));
  const auto before = world.log_;
  pid_t pid = 0;
  std::ifstream(world.program_ + ".pid") >> pid;
  world.destroy_launcher();
  world.loop_.context().restart();
  world.loop_.context().run();  // ends: nothing waits any more
  EXPECT_NE(::kill(pid, 0), 0);
  EXPECT_EQ(world.log_, before);
  EXPECT_FALSE(world.addresses_.find(kOne));
}

TEST(PosixEngineLauncher, MayBeDestroyedDuringTheFirstSearch) {
  World world("");
  world.launcher().start(kChat, kOne);
  world.run_for(std::chrono::milliseconds(1));
  world.destroy_launcher();
  world.loop_.context().restart();
  world.loop_.context().run();
  EXPECT_THAT(world.log_, IsEmpty());
}

}  // namespace
}  // namespace signalbox::engine
