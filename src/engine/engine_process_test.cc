#include "engine/engine_process.h"

#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_folder.h"
#include "engine/test_loop.h"

namespace signalbox::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

bool alive(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(stat, line)) return false;
  return line[line.rfind(')') + 2] != 'Z';
}

// One process and what was heard of it.
class Watched {
 public:
  Watched(TestLoop& loop, std::vector<std::string> argv,
          std::vector<std::string> environment = {"PATH=/bin:/usr/bin"})
      : loop_(loop) {
    auto spawned = EngineProcess::spawn(
        loop.executor(),
        {.guard_program = "/proc/self/exe",
         .argv = std::move(argv),
         .environment = std::move(environment),
         .on_started = [this](pid_t engine) { pid_ = engine; },
         .on_line =
             [this](OutputStream stream, std::string_view line) {
               (stream == OutputStream::standard_output ? output_ : errors_).emplace_back(line);
             },
         .on_end = [this](ProcessEnd end) { ends_.push_back(std::move(end)); }});
    if (spawned) process_ = *spawned;
  }

  static std::vector<std::string> shell(std::string script) { return {"/bin/sh", "-c", std::move(script)}; }

  [[nodiscard]] bool until_line(std::string_view line) {
    return loop_.run_until([&] { return std::ranges::find(output_, line) != output_.end(); });
  }
  // Waits for a line that is a process id.
  [[nodiscard]] pid_t read_pid() {
    pid_t pid = 0;
    const bool found = loop_.run_until([&] {
      for (const auto& line : output_) {
        if (std::from_chars(line.data(), line.data() + line.size(), pid).ec == std::errc{}) return true;
      }
      return false;
    });
    return found ? pid : 0;
  }
  [[nodiscard]] std::string until_end() {
    if (!loop_.run_until([&] { return !ends_.empty(); })) return "did not end";
    return describe(ends_.back());
  }

  [[nodiscard]] EngineProcess& process() { return *process_; }
  void let_go() { process_.reset(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::vector<std::string>& output() const { return output_; }
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  [[nodiscard]] std::size_t ends() const { return ends_.size(); }

 private:
  TestLoop& loop_;
  std::shared_ptr<EngineProcess> process_;
  pid_t pid_ = 0;
  std::vector<std::string> output_;
  std::vector<std::string> errors_;
  std::vector<ProcessEnd> ends_;
};

TEST(EngineProcess, TellsLinesAndExitStatus) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("echo one; echo two; echo bad >&2; printf unfinished; exit 3"));
  EXPECT_EQ(engine.until_end(), "exited with status 3");
  EXPECT_THAT(engine.output(), ElementsAre("one", "two", "unfinished"));
  EXPECT_THAT(engine.errors(), ElementsAre("bad"));
  EXPECT_GT(engine.pid(), 0);
}

TEST(EngineProcess, TellsTheSignalThatKilledIt) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("kill -SEGV $$"));
  EXPECT_EQ(engine.until_end(), "was killed by signal 11 (Segmentation fault)");
}

TEST(EngineProcess, TellsWhyAProgramCannotBeStarted) {
  TestLoop loop;
  Watched missing(loop, {"/nowhere/engine"});
  EXPECT_EQ(missing.until_end(), "could not be started: /nowhere/engine: No such file or directory");
  const TestFolder folder;
  Watched text(loop, {folder.write("engine", "text")});
  EXPECT_THAT(text.until_end(), HasSubstr("Permission denied"));
}

TEST(EngineProcess, FailsAtOnceWithoutAGuard) {
  TestLoop loop;
  const auto spawned = EngineProcess::spawn(loop.executor(), {.guard_program = "/nowhere/signalbox",
                                                              .argv = {"/bin/true"},
                                                              .environment = {},
                                                              .on_started = {},
                                                              .on_line = {},
                                                              .on_end = {}});
  ASSERT_FALSE(spawned);
  EXPECT_EQ(spawned.error().message, "/nowhere/signalbox: No such file or directory");
}

TEST(EngineProcess, HandsOutEverythingThatWasWrittenBeforeTheEnd) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done"));
  EXPECT_EQ(engine.until_end(), "exited with status 0");
  ASSERT_EQ(engine.output().size(), 3000U);
  EXPECT_EQ(engine.output().back(), "line 2999");
  EXPECT_EQ(engine.ends(), 1U);
}

TEST(EngineProcess, GivesTheEnvironmentAndNothingElse) {
  TestLoop loop;
  Watched engine(loop, {"/usr/bin/env"}, {"A=1", "B=two words"});
  EXPECT_EQ(engine.until_end(), "exited with status 0");
  EXPECT_THAT(engine.output(), ElementsAre("A=1", "B=two words"));
}

TEST(EngineProcess, GivesNoDescriptorsButThree) {
  TestLoop loop;
  const int leaked = ::open("/dev/null", O_RDONLY);  // deliberately without O_CLOEXEC
  Watched engine(loop, Watched::shell("ls -1 /proc/self/fd"));
  EXPECT_EQ(engine.until_end(), "exited with status 0");
  ::close(leaked);
  EXPECT_THAT(engine.output(), ElementsAre("0", "1", "2", "3"));  // the last is the folder that ls reads
}

TEST(EngineProcess, GivesDefaultSignalsAndAnEmptyMask) {
  TestLoop loop;
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  Watched engine(loop, Watched::shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(engine.until_end(), "exited with status 0");
  // The last eight digits are the 32 signals that a program may know; the C library keeps two above for
  // itself.
  EXPECT_THAT(engine.output(), ElementsAre(AllOf(StartsWith("SigBlk:"), EndsWith("00000000")),
                                           AllOf(StartsWith("SigIgn:"), MatchesRegex(".*[08]0000000"))));
}

TEST(EngineProcess, PutsTheEngineIntoAGroupAndSessionOfItsOwn) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("cut -d' ' -f1,5,6 /proc/$$/stat"));
  EXPECT_EQ(engine.until_end(), "exited with status 0");
  ASSERT_EQ(engine.output().size(), 1U);
  pid_t pid = 0;
  pid_t group = 0;
  pid_t session = 0;
  ASSERT_EQ(std::sscanf(engine.output()[0].c_str(), "%d %d %d", &pid, &group, &session), 3);
  EXPECT_EQ(group, pid);
  EXPECT_NE(session, ::getsid(0));
}

TEST(EngineProcess, IsAskedWithWordsAndTheEndOfItsInput) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("trap '' TERM; echo up; cat; echo bye; exit 5"));
  ASSERT_TRUE(engine.until_line("up"));
  engine.process().ask_to_exit("please exit\n");
  EXPECT_EQ(engine.until_end(), "exited with status 5");
  EXPECT_THAT(engine.output(), ElementsAre("up", "please exit", "bye"));
}

TEST(EngineProcess, IsAskedWithSigtermToo) {
  TestLoop loop;
  Watched engine(loop,
                 Watched::shell("trap 'echo term; exit 6' TERM; echo up; while :; do sleep 0.05; done"));
  ASSERT_TRUE(engine.until_line("up"));
  engine.process().ask_to_exit("");
  EXPECT_EQ(engine.until_end(), "exited with status 6");
  EXPECT_THAT(engine.output(), Contains("term"));
}

TEST(EngineProcess, KillsWhatIgnoresSigterm) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("trap '' TERM INT HUP; echo up; while :; do sleep 1; done"));
  ASSERT_TRUE(engine.until_line("up"));
  engine.process().ask_to_exit("");
  engine.process().kill();
  engine.process().kill();
  EXPECT_EQ(engine.until_end(), "was killed by signal 9 (Killed)");
  EXPECT_EQ(engine.ends(), 1U);
  engine.process().kill();  // late: nothing happens
  engine.process().ask_to_exit("");
}

// Starts a grandchild that left the group and the session, and prints its id.
constexpr auto kEscape = "setsid sh -c 'trap \"\" TERM HUP; echo $$; exec sleep 600' & ";

TEST(EngineProcess, KillsGrandchildrenThatLeftTheGroup) {
  TestLoop loop;
  Watched engine(loop, Watched::shell(std::string(kEscape) + "exec sleep 600"));
  const auto grandchild = engine.read_pid();
  ASSERT_TRUE(alive(grandchild));
  engine.process().kill();
  EXPECT_EQ(engine.until_end(), "was killed by signal 9 (Killed)");
  EXPECT_FALSE(alive(grandchild));
}

TEST(EngineProcess, LeavesNothingBehindWhenTheEngineExitsByItself) {
  TestLoop loop;
  Watched engine(loop, Watched::shell(std::string(kEscape) + "read ignored; exit 4"));
  const auto grandchild = engine.read_pid();
  ASSERT_TRUE(alive(grandchild));
  engine.process().ask_to_exit("go\n");
  // By the word or by the signal, whichever the shell sees first.
  EXPECT_THAT(engine.until_end(),
              ::testing::AnyOf("exited with status 4", "was killed by signal 15 (Terminated)"));
  EXPECT_FALSE(alive(grandchild));
}

TEST(EngineProcess, EndsWholeChainsOfOrphans) {
  TestLoop loop;
  Watched engine(
      loop, Watched::shell("for i in 1 2 3 4 5; do setsid sh -c '(setsid sleep 601 &) ; sleep 602' & done; "
                           "(setsid sh -c 'echo $$; exec sleep 603' &); exec sleep 604"));
  const auto orphan = engine.read_pid();
  ASSERT_TRUE(alive(orphan));
  engine.process().kill();
  EXPECT_EQ(engine.until_end(), "was killed by signal 9 (Killed)");
  EXPECT_FALSE(alive(orphan));
}

TEST(EngineProcess, IsKilledAndSilentOnceAbandoned) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("echo $$; exec sleep 600"));
  const auto pid = engine.read_pid();
  ASSERT_TRUE(alive(pid));
  engine.process().abandon();
  engine.let_go();
  EXPECT_TRUE(loop.run_until([&] { return !alive(pid); }));
  loop.context().restart();
  loop.context().run();  // has an end: nothing waits for the process any more
  EXPECT_EQ(engine.ends(), 0U);
}

TEST(EngineProcess, IsWatchedToItsEndEvenIfNobodyHoldsIt) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("exit 0"));
  engine.let_go();
  EXPECT_EQ(engine.until_end(), "exited with status 0");
}

TEST(EngineProcess, SurvivesTheSignalsOfATerminal) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("cut -d' ' -f4 /proc/$$/stat; read ignored; exit 7"));
  const auto guard = engine.read_pid();
  ASSERT_GT(guard, 1);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::kill(guard, number);
  EXPECT_TRUE(alive(guard));
  EXPECT_EQ(engine.ends(), 0U);
  engine.process().kill();
  EXPECT_EQ(engine.until_end(), "was killed by signal 9 (Killed)");
}

TEST(EngineProcess, EndsWithItsGuard) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("cut -d' ' -f4 /proc/$$/stat; exec sleep 600"));
  const auto guard = engine.read_pid();
  ASSERT_GT(guard, 1);
  ::kill(guard, SIGKILL);
  EXPECT_EQ(engine.until_end(), "was lost: its guard process was killed");
  EXPECT_TRUE(loop.run_until([&] { return !alive(engine.pid()); }));
}

TEST(EngineProcess, CutsLinesThatAreTooLong) {
  TestLoop loop;
  Watched engine(loop, Watched::shell("head -c 300000 /dev/zero | tr '\\0' x; echo; echo after"));
  EXPECT_EQ(engine.until_end(), "exited with status 0");
  ASSERT_EQ(engine.output().size(), 2U);
  EXPECT_EQ(engine.output()[0].size(), LineSplitter::kLineBytesMax);
  EXPECT_EQ(engine.output()[1], "after");
}

}  // namespace
}  // namespace signalbox::engine
